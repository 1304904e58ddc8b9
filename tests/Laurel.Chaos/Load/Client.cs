using System.Net;
using Laurel.Chaos.World;
using Laurel.Tests.Support;

namespace Laurel.Chaos.Load;

/// <summary>What somebody asks for; known to the server by its ids or its key, so that it may be sent again.</summary>
internal sealed record Wish(string Kind, string Of, HttpMethod Method, string Path, Func<string> Token)
{
    public object? Body { get; init; }

    public string? Key { get; init; }
}

/// <summary>The client is gone before it knows what became of its wish.</summary>
internal sealed class GaveUpException : Exception;

/// <summary>Sends wishes to either server, and again, until it is told what became of them.</summary>
internal sealed class Client(Site site, History history) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly HttpClient[] _http = [.. site.Servers.Select(server => Site.Http(server, connections: 256))];
    private int _turn;

    public History History => history;

    /// <param name="wish">What is asked for.</param>
    /// <param name="givesUp">Asked after each attempt of which nothing is known.</param>
    public async Task<Answer> Ask(Wish wish, Func<bool>? givesUp = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await Try(wish) is { } answer)
                return answer;
            if (givesUp?.Invoke() == true)
                throw new GaveUpException();
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"{wish.Kind} {wish.Of} had no answer within {Patience}.");
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    /// <returns>Null when nobody knows whether it was done.</returns>
    public async Task<Answer?> Try(Wish wish)
    {
        var server = (uint)Interlocked.Increment(ref _turn) % (uint)_http.Length;
        var invoked = TimeProvider.System.GetTimestamp();
        var api = new Api(_http[server], wish.Token());
        try
        {
            using var content = wish.Body is null ? null : Api.Json(wish.Body);
            var answer = await api.Send(wish.Method, wish.Path, content, wish.Key is { } key ? [("Idempotency-Key", key)] : []);
            return Heard(answer.Status switch
            {
                < 300 => Outcome.Ok,
                < 500 => Outcome.Fail,
                _ => Outcome.Unknown,
            }, answer.Status < 400 ? $"{answer.Status}" : $"{answer.Status} {answer.Code}", answer);
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException or TaskCanceledException { InnerException: TimeoutException })
        {
            return Heard(Outcome.Unknown, lost.GetType().Name, answer: null);
        }

        Answer? Heard(Outcome outcome, string told, Answer? answer)
        {
            history.Note(new Entry(invoked, TimeProvider.System.GetTimestamp(), site.Servers[(int)server].Name, wish.Kind, wish.Of, outcome, told));
            if (answer is { Status: >= 500 and not (int)HttpStatusCode.ServiceUnavailable })
                history.Violated($"{wish.Kind} {wish.Of} was answered {answer.Status}: {answer.Text}");
            return outcome == Outcome.Unknown ? null : answer;
        }
    }

    public void Dispose()
    {
        foreach (var http in _http)
            http.Dispose();
    }
}
