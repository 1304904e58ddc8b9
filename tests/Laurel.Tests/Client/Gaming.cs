using System.Collections.Concurrent;
using System.Text.Json;
using Laurel.Client;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Client;

/// <summary>Game servers that use the client.</summary>
internal static class Gaming
{
    /// <summary>What a new service account needs to sign in.</summary>
    public static async Task<LaurelClientOptions> NewGameServer(this LaurelApp app, params string[] scopes)
    {
        var admin = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Admin));
        var made = (await admin.Post("/v1/service-accounts", new { name = Playing.NewUser(), scopes })).Is(201);
        return new LaurelClientOptions { Address = app.Address, ClientId = made.Field("clientId"), ClientSecret = made.Field("clientSecret") };
    }

    /// <summary>The same, of whose requests becomes what is told here; with no pause before anything is tried again, unless told.</summary>
    public static LaurelClientOptions Through(this LaurelClientOptions options, Obstacle obstacle, ActivityOptions? activities = null, TimeProvider? time = null) => new()
    {
        Address = options.Address,
        ClientId = options.ClientId,
        ClientSecret = options.ClientSecret,
        HttpClient = new HttpClient(obstacle),
        Activities = activities ?? options.Activities,
        Time = time ?? obstacle.Time,
    };

    public static Task<long> Counted(this LaurelApp app, string userId) =>
        app.Events.QueryOne("SELECT count(*) FROM activities WHERE user_id = $1", row => row.GetInt64(0), [userId], TestContext.Current.CancellationToken);
}

/// <summary>What stands between a game server and Laurel.</summary>
internal sealed class Obstacle(Func<HttpRequestMessage, Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> way)
    : DelegatingHandler(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
{
    public ImpatientClock Time { get; } = new();

    /// <summary>The paths that were asked for, and how many activities each request held.</summary>
    public ConcurrentQueue<(string Path, int Activities)> Requests { get; } = [];

    public IEnumerable<int> Batches => Requests.Where(request => request.Path == "/v1/activities").Select(request => request.Activities);

    public int TokensAsked => Requests.Count(request => request.Path == "/v1/auth/token");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // As real connections do.
        cancellationToken.ThrowIfCancellationRequested();
        var path = request.RequestUri!.AbsolutePath;
        var activities = path == "/v1/activities" ? JsonDocument.Parse(await request.Content!.ReadAsStringAsync(cancellationToken)).RootElement.GetArrayLength() : 0;
        Requests.Enqueue((path, activities));
        return await way(request, () => base.SendAsync(request, cancellationToken)).WaitAsync(cancellationToken);
    }
}

/// <summary>Whoever waits by this clock waits for no time; how long it should have been is kept.</summary>
internal sealed class ImpatientClock : TimeProvider
{
    private long _ahead;

    public ConcurrentQueue<TimeSpan> Pauses { get; } = [];

    public void Forward(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ahead));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Pauses.Enqueue(dueTime);
        Forward(dueTime);
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
