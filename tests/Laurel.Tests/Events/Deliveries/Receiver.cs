using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>A game's endpoint: a real server on loopback that answers as it is told.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Message> _messages = [];

    private Receiver(WebApplication app) => _app = app;

    /// <summary>How it answers; 204 unless told.</summary>
    public Func<HttpContext, Message, Task> Answers { get; set; } = (context, _) => Status(context, 204);

    public string Url => $"{_app.Urls.Single()}/laurel";

    public IReadOnlyList<Message> Messages => [.. _messages];

    public static async Task<Receiver> Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Run(receiver.Take);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    public static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>The messages about a claim.</summary>
    public IReadOnlyList<Message> About(string claim) => [.. _messages.Where(message => message.ClaimId == claim)];

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task Take(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var message = new Message(
            context.Request.Headers["webhook-id"].ToString(),
            context.Request.Headers["webhook-timestamp"].ToString(),
            context.Request.Headers["webhook-signature"].ToString(),
            await reader.ReadToEndAsync(context.RequestAborted));
        _messages.Enqueue(message);
        await Answers(context, message);
    }
}

/// <summary>What an endpoint was told.</summary>
public sealed record Message(string Id, string Timestamp, string Signature, string Body)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public string Type => (string)Json["type"]!;

    public string? ClaimId => (string?)Json["data"]?["claimId"];

    public string Lease => (string)Json["data"]!["lease"]!;
}
