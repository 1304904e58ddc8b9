using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Chaos.World;

/// <summary>What a game makes of a message.</summary>
internal enum Manner
{
    /// <summary>Applies it, and says so.</summary>
    Good,

    /// <summary>Answers 5xx, and has not applied it.</summary>
    Refuses,

    /// <summary>Answers 5xx, and has applied it.</summary>
    RefusesTooLate,

    /// <summary>Never answers.</summary>
    Hangs,

    /// <summary>Applies it, and the connection breaks.</summary>
    Resets,

    /// <summary>Applies it, and answers when nobody waits any more.</summary>
    AnswersTooLate,
}

/// <summary>
/// The game: takes webhooks after Standard Webhooks, into an inventory that applies each <c>webhook-id</c> once. Three times in ten it
/// behaves badly.
/// </summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dice _dice;
    private readonly Lock _throwing = new();
    private readonly ConcurrentDictionary<string, (string Type, string Claim)> _applied = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _bodies = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly int[] _manners = new int[Enum.GetValues<Manner>().Length];
    private readonly TaskCompletionSource _patienceIsOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isGood;
    private byte[] _secret = [];

    private Receiver(Dice dice)
    {
        _dice = dice;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        _app = builder.Build();
        _app.UseRouting();
        _app.MapPost("/inventory", Receive);
    }

    public string Url => $"{_app.Urls.Single()}/inventory";

    /// <summary>As Laurel shows it: <c>whsec_</c> and base64.</summary>
    public string Secret
    {
        set => _secret = Convert.FromBase64String(value["whsec_".Length..]);
    }

    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>What was told of each claim, and the ids under which it was told.</summary>
    public ILookup<(string Type, string Claim), string> Applied => _applied.ToLookup(one => one.Value, one => one.Key);

    public string Told => string.Join(", ", Enum.GetValues<Manner>().Select(manner => $"{manner} {_manners[(int)manner]:N0}"));

    public static async Task<Receiver> Start(Dice dice)
    {
        var receiver = new Receiver(dice);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>From now on it takes everything; what hangs is let go.</summary>
    public void BecomeGood()
    {
        _isGood = true;
        _patienceIsOver.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        BecomeGood();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task Receive(HttpContext context)
    {
        var id = context.Request.Headers["webhook-id"].ToString();
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        if (!IsSigned(context.Request.Headers, id, body))
            _violations.Enqueue($"The message {id} is not signed as it should be.");
        if (_bodies.GetOrAdd(id, body) is var first && first != body)
            _violations.Enqueue($"The message {id} came in two forms: {first} and {body}");

        var manner = Throw();
        Interlocked.Increment(ref _manners[(int)manner]);
        if (manner is not (Manner.Refuses or Manner.Hangs))
            Apply(id, JsonNode.Parse(body)!);
        switch (manner)
        {
            case Manner.Good:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            case Manner.Refuses or Manner.RefusesTooLate:
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                break;
            case Manner.Resets:
                context.Abort();
                break;
            default:
                await Task.WhenAny(_patienceIsOver.Task, Gone(context));
                context.Response.StatusCode = manner == Manner.AnswersTooLate ? StatusCodes.Status204NoContent : StatusCodes.Status503ServiceUnavailable;
                break;
        }
    }

    private Manner Throw()
    {
        if (_isGood)
            return Manner.Good;
        lock (_throwing)
            return _dice.Next(10) < 7 ? Manner.Good : (Manner)_dice.Between((int)Manner.Refuses, (int)Manner.AnswersTooLate);
    }

    private void Apply(string id, JsonNode message)
    {
        var told = (message["type"]!.GetValue<string>(), message["data"]!["claimId"]!.GetValue<string>());
        if (_applied.GetOrAdd(id, told) is var before && before != told)
            _violations.Enqueue($"{id} was {before} and is {told}.");
    }

    private bool IsSigned(IHeaderDictionary headers, string id, string body)
    {
        var timestamp = headers["webhook-timestamp"].ToString();
        var expected = $"v1,{Convert.ToBase64String(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")))}";
        return long.TryParse(timestamp, CultureInfo.InvariantCulture, out _) && headers["webhook-signature"].ToString().Split(' ').Contains(expected, StringComparer.Ordinal);
    }

    private static Task Gone(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        context.RequestAborted.Register(gone.SetResult);
        return gone.Task;
    }
}
