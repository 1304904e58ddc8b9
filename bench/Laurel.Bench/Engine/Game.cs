using System.Text;
using System.Text.Json;
using Laurel.Bench.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Bench.Engine;

/// <summary>A Laurel server with a game in it: running events, of which three count what its users do, and progress of each user.</summary>
internal sealed class Game : IAsyncDisposable
{
    private const string Password = "correct-horse-battery";
    private static readonly string[] Scopes = ["activities:write"];
    private static readonly TimeSpan JobPatience = TimeSpan.FromSeconds(15);

    private readonly Server _server;
    private readonly NpgsqlDataSource _events;
    private readonly int _users;
    private readonly TimeProvider _time;
    private Server? _owned;
    private (string Id, string Secret) _gameServer;

    private Game(Server server, NpgsqlDataSource events, int users, TimeProvider time) =>
        (_server, _events, _users, _time) = (server, events, users, time);

    public Server Server => _server;

    public static async Task<Game> Start(Cluster cluster, string name, int events, int users, StageOptions options, CancellationToken cancel)
    {
        await options.Log.WriteLineAsync($"{name}: {events:N0} events, {users:N0} users");
        var database = await cluster.MakeDatabase($"{name}_events", cancel);
        var server = await Server.Start(
            [new("ConnectionStrings__Auth", await cluster.MakeDatabase($"{name}_auth", cancel)), new("ConnectionStrings__Events", database)],
            options.Time,
            cancel);
        try
        {
            var game = await On(server, database, events, users, options, cancel);
            game._owned = server;
            return game;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>On a server that runs, and goes on when the game is over.</summary>
    public static async Task<Game> On(Server server, string database, int events, int users, StageOptions options, CancellationToken cancel)
    {
        var game = new Game(server, Cluster.Open(database), users, options.Time);
        try
        {
            await game.Prepare(events, cancel);
            return game;
        }
        catch
        {
            await game.DisposeAsync();
            throw;
        }
    }

    /// <summary>Activities, so many a request, by users without a pattern.</summary>
    public Scenario Reports(string name, int perRequest, int connections, Uri? at = null) => Scenario.Http(
        name,
        at ?? _server.Url,
        async cancel =>
        {
            var token = await ServiceToken(cancel);
            return _ =>
            {
                var feed = new Feed(_users, _time);
                return Requests.Posts(at ?? _server.Url, "/v1/activities", token, json => feed.Write(json, perRequest));
            };
        },
        Encoding.UTF8.GetBytes($"\"accepted\":{perRequest},")) with
    {
        Connections = connections,
        Counted = "activities",
        PerExchange = perRequest,
    };

    /// <summary>Players, one for each connection, look at what they have reached.</summary>
    public async Task<Scenario> Looks(string name, int connections, int events, CancellationToken cancel)
    {
        var players = new List<Player>();
        for (var i = 0; i < connections; i++)
            players.Add(await SignUp($"player-{i}@laurel.example", cancel));
        await Play(players, cancel);
        var seen = await _server.Call(HttpMethod.Get, "/v1/me/progress", players[0].AccessToken, body: null, cancel);
        if (seen.GetProperty("items").GetArrayLength() != events)
            throw new BenchException($"A player sees other than {events} events: {seen}");

        return Scenario.Http(name, _server.Url, async token =>
        {
            for (var i = 0; i < players.Count; i++)
                players[i] = await Refresh(players[i], token);
            return connection => Requests.Always(Requests.Get(_server.Url, "/v1/me/progress", players[connection].AccessToken))(connection);
        }) with
        {
            Connections = connections,
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (_owned is not null)
            await _owned.DisposeAsync();
        await _events.DisposeAsync();
    }

    private async Task Prepare(int events, CancellationToken cancel)
    {
        var token = await _server.SignIn(cancel);
        var service = await _server.Call(HttpMethod.Post, "/v1/service-accounts", token, new { name = "game server", scopes = Scopes }, cancel);
        _gameServer = (service.GetProperty("clientId").GetString()!, service.GetProperty("clientSecret").GetString()!);

        var reward = await _server.Call(
            HttpMethod.Post, "/v1/rewards", token, new { name = "100 points", contents = new[] { new { type = "points", amount = 100 } } }, cancel);
        var today = new DateTimeOffset(_time.GetUtcNow().Date, TimeSpan.Zero);
        for (var i = 0; i < events; i++)
        {
            var made = await _server.Call(HttpMethod.Post, "/v1/events", token, new
            {
                title = $"Event {i}",
                description = "",
                startsAt = today.AddDays(-1),
                endsAt = today.AddDays(30),
                timeZone = "Asia/Seoul",
                condition = ConditionOf(i),
                offers = new[] { new { rewardId = reward.GetProperty("id").GetString() } },
            }, cancel);
            await _server.Call(HttpMethod.Patch, $"/v1/events/{made.GetProperty("id").GetString()}/status", token, new { status = "active" }, cancel);
        }

        await WaitForJobs(cancel);
        await FillProgress(cancel);
    }

    /// <summary>
    /// The first three count whatever the users do. Half of the others are a hard case: the same type of activity, and only their
    /// filter tells that they do not count it.
    /// </summary>
    private static object ConditionOf(int number) => number switch
    {
        0 => new { type = "count", activity = Feed.Activity, atLeast = 1_000_000 },
        1 => new { type = "sum", activity = Feed.Activity, atLeast = 1_000_000_000 },
        2 => new { type = "count", activity = Feed.Activity, where = new { level = new { gte = 1 } }, atLeast = 1_000_000 },
        _ when int.IsOddInteger(number) => new { type = "count", activity = Feed.Activity, where = new { mapId = $"map-elsewhere-{number}" }, atLeast = 100 },
        _ => new { type = "count", activity = $"other-{number}", atLeast = 100 },
    };

    /// <summary>What activating events gave the server to do.</summary>
    private async Task WaitForJobs(CancellationToken cancel)
    {
        var started = _time.GetTimestamp();
        while (await _events.QueryOne("SELECT count(*) FROM jobs WHERE status IN ('queued', 'running')", row => row.GetInt64(0), [], cancel) > 0)
        {
            if (_time.GetElapsedTime(started) > JobPatience)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(100), _time, cancel);
        }
    }

    /// <summary>One user plays, and all others are made to stand where that one does.</summary>
    private async Task FillProgress(CancellationToken cancel)
    {
        await Report([Feed.UserId(0)], cancel);
        await _events.Execute(
            """
            INSERT INTO progress (met, version, epoch, window_key, event_id, user_id, state)
            SELECT met, version, epoch, window_key, event_id, 'user-' || lpad(n::text, 7, '0'), state
            FROM generate_series(1, $1 - 1) AS n, progress
            WHERE user_id = $2
            """,
            [_users, Feed.UserId(0)],
            cancel);
        await _events.Execute("VACUUM (ANALYZE) progress", [], cancel);
    }

    private Task Play(IEnumerable<Player> players, CancellationToken cancel) => Report(players.Select(player => player.Id), cancel);

    private async Task Report(IEnumerable<string> users, CancellationToken cancel)
    {
        var activities = users.Select(user => new
        {
            id = "first",
            userId = user,
            type = Feed.Activity,
            occurredAt = _time.GetUtcNow(),
            value = 1,
            attributes = new { mapId = "map-0", level = 1 },
        }).ToList();
        var answer = await _server.Call(HttpMethod.Post, "/v1/activities", await ServiceToken(cancel), activities, cancel);
        if (answer.GetProperty("accepted").GetInt32() != activities.Count)
            throw new BenchException($"The first activities were not accepted: {answer}");
    }

    private async Task<string> ServiceToken(CancellationToken cancel)
    {
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"), new("client_id", _gameServer.Id), new("client_secret", _gameServer.Secret),
        ]);
        return (await _server.Send(HttpMethod.Post, "/v1/auth/token", token: null, form, cancel)).GetProperty("access_token").GetString()!;
    }

    private async Task<Player> SignUp(string email, CancellationToken cancel)
    {
        var account = await _server.Call(HttpMethod.Post, "/v1/auth/signup", token: null, new { email, password = Password, nickname = "player" }, cancel);
        return Player.Of(
            account.GetProperty("id").GetString()!,
            await _server.Call(HttpMethod.Post, "/v1/auth/login", token: null, new { email, password = Password }, cancel));
    }

    /// <summary>Before each round: access tokens last for minutes.</summary>
    private async Task<Player> Refresh(Player player, CancellationToken cancel) =>
        Player.Of(player.Id, await _server.Call(HttpMethod.Post, "/v1/auth/refresh", token: null, new { refreshToken = player.RefreshToken }, cancel));

    private sealed record Player(string Id, string AccessToken, string RefreshToken)
    {
        public static Player Of(string id, JsonElement tokens) =>
            new(id, tokens.GetProperty("accessToken").GetString()!, tokens.GetProperty("refreshToken").GetString()!);
    }
}
