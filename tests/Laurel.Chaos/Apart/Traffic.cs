using System.Collections.Concurrent;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Chaos.Apart;

/// <summary>One request of the traffic that was not answered as it should be.</summary>
internal sealed record Failed(string Kind, string Told, TimeSpan After);

/// <summary>
/// Clients of the gateway, each sending its next request when the last is answered. What may happen twice without harm is told apart from
/// what may not.
/// </summary>
internal sealed class Traffic : IAsyncDisposable
{
    /// <summary>How many clients send what must not happen twice, and so how much of it can be in flight.</summary>
    public const int Careful = 3;

    private const int Others = 3;

    private readonly Company _company;
    private readonly string _activity = Playing.NewUser();
    private readonly CancellationTokenSource _enough = new();
    private readonly ConcurrentQueue<Failed> _repeatable = [];
    private readonly ConcurrentQueue<Failed> _once = [];
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private readonly Task _all;
    private int _answered;

    private Traffic(Company company)
    {
        _company = company;
        var player = Playing.NewPerson();
        var gameServer = Playing.NewPerson();
        string Player() => company.Tokens.Person(player);
        string GameServer() => company.Tokens.Service(gameServer, Scopes.ActivitiesWrite);
        _all = Task.WhenAll(
        [
            .. Many(Others, "GET /v1/me/progress", _repeatable, Player, api => api.Get("/v1/me/progress")),
            .. Many(Others, "GET /v1/events", _repeatable, Player, api => api.Get("/v1/events")),
            .. Many(Others, "POST /v1/activities", _repeatable, GameServer, api => api.Reports(Playing.Did("somebody", _activity, TimeProvider.System.GetUtcNow()))),
            .. Many(1, "GET /v1/services", _repeatable, () => company.Tokens.Person(player, Role.Admin), api => api.Get("/v1/services")),
            .. Many(Careful, "POST /v1/rewards", _once, () => company.Tokens.Person(player, Role.Operator), api => api.Post("/v1/rewards", new { name = "Ten", contents = new[] { new { type = "points", amount = 10 } } })),
        ]);
    }

    /// <summary>Requests that may be sent again, and failed.</summary>
    public IReadOnlyCollection<Failed> Repeatable => _repeatable;

    /// <summary>Requests that may not be sent again, and failed.</summary>
    public IReadOnlyCollection<Failed> Once => _once;

    public int Answered => Volatile.Read(ref _answered);

    public static async Task<Traffic> Runs(Company company)
    {
        var traffic = new Traffic(company);
        await traffic.GoesOn();
        return traffic;
    }

    /// <summary>Until so many more have been answered.</summary>
    public Task GoesOn(int requests = 300)
    {
        var goal = Answered + requests;
        return Eventually.True(() => Task.FromResult(Answered >= goal), TimeSpan.FromMinutes(1));
    }

    public Task GoesOn(TimeSpan time) => Task.Delay(time, TestContext.Current.CancellationToken);

    public async Task Ends()
    {
        await _enough.CancelAsync();
        await _all;
    }

    public async ValueTask DisposeAsync()
    {
        await Ends();
        _enough.Dispose();
    }

    private IEnumerable<Task> Many(int clients, string kind, ConcurrentQueue<Failed> failed, Func<string> token, Func<Api, Task<Answer>> ask) =>
        Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            while (!_enough.IsCancellationRequested)
            {
                var asked = TimeProvider.System.GetTimestamp();
                var told = await Try(() => ask(_company.Anonymous.As(token())));
                if (told is null)
                    Interlocked.Increment(ref _answered);
                else
                    failed.Enqueue(new Failed(kind, $"{told} after {TimeProvider.System.GetElapsedTime(asked)}", TimeProvider.System.GetElapsedTime(_started)));
            }
        }));

    private static async Task<string?> Try(Func<Task<Answer>> ask)
    {
        try
        {
            var answer = await ask();
            return answer.Status < 300 ? null : $"{answer.Status} {answer.Text}";
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException or OperationCanceledException)
        {
            return lost.Message;
        }
    }
}
