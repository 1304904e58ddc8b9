using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Laurel.Bench.Engine;
using Laurel.Bench.Http;
using Laurel.Platform.Postgres;
using Laurel.Platform.Secrets;
using Npgsql;

namespace Laurel.Bench.Claims;

/// <summary>A Laurel server whose users have all done what its events ask for, and have yet to claim it: each once, by a token of their own.</summary>
internal sealed class Claimants : IAsyncDisposable
{
    private static readonly string[] Scopes = ["activities:write"];
    private readonly Server _server;
    private readonly NpgsqlDataSource _events;
    private readonly TimeProvider _time;
    private string[] _tokens = [];
    private string _service = "";
    private int _opened;

    private Claimants(Server server, NpgsqlDataSource events, TimeProvider time) => (_server, _events, _time) = (server, events, time);

    public Server Server => _server;

    public static async Task<Claimants> Start(Cluster cluster, int users, StageOptions options, CancellationToken cancel)
    {
        var master = RandomNumberGenerator.GetBytes(SecretBox.KeyLength);
        var (auth, events) = (await cluster.MakeDatabase("claims_auth", cancel), await cluster.MakeDatabase("claims_events", cancel));
        var server = await Server.Start(
            [new("ConnectionStrings__Auth", auth), new("ConnectionStrings__Events", events), new("Laurel__MasterKey", Convert.ToBase64String(master))],
            options.Time,
            cancel);
        var claimants = new Claimants(server, Cluster.Open(events), options.Time);
        try
        {
            await options.Log.WriteLineAsync($"claims: tokens for {users:N0} users");
            await using var keys = Cluster.Open(auth);
            var minting = await Minting.Load(keys, new SecretBox(master), options.Time, cancel);
            claimants._tokens = minting.ForUsers(users);
            claimants._service = await claimants.MakeServiceAccount(cancel);
            return claimants;
        }
        catch
        {
            await claimants.DisposeAsync();
            throw;
        }
    }

    /// <summary>Each request is another user's, who has never claimed before.</summary>
    public Scenario Claim(string name, int connections) => new(name, async cancel =>
    {
        var queue = new Queue(this, await Open(stock: null, cancel));
        return _ => queue.Client(Encoding.UTF8.GetBytes("\"claims\""));
    })
    {
        Connections = connections,
        Counted = "claims",
    };

    /// <summary>All want the same, and not all can have it.</summary>
    public Scenario Rush(string name, int stock, int connections)
    {
        var @event = "";
        return new(name, async cancel =>
        {
            @event = await Open(stock, cancel);
            var queue = new Queue(this, @event);
            return _ => queue.Client(Encoding.UTF8.GetBytes("\"claims\""), Encoding.UTF8.GetBytes("\"sold_out\""));
        })
        {
            Connections = connections,
            Counted = "answers",
            Exchanges = _tokens.Length,
            Check = async cancel =>
            {
                var granted = await _events.QueryOne("SELECT count(*) FROM claims WHERE event_id = $1", row => row.GetInt64(0), [Guid.Parse(@event)], cancel);
                return granted == stock ? null : $"{granted:N0} of {stock:N0} were granted";
            },
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _events.DisposeAsync();
    }

    /// <summary>A new event that everybody has met.</summary>
    private async Task<string> Open(int? stock, CancellationToken cancel)
    {
        var token = await _server.SignIn(cancel);
        var reward = await _server.Call(
            HttpMethod.Post, "/v1/rewards", token, new { name = "100 points", contents = new[] { new { type = "points", amount = 100 } }, stock }, cancel);
        var activity = $"deed-{++_opened}";
        var now = _time.GetUtcNow();
        var made = await _server.Call(HttpMethod.Post, "/v1/events", token, new
        {
            title = $"Event {_opened}",
            description = "",
            startsAt = now.AddDays(-1),
            endsAt = now.AddDays(30),
            timeZone = "Asia/Seoul",
            condition = new { type = "count", activity, atLeast = 1 },
            offers = new[] { new { rewardId = reward.GetProperty("id").GetString() } },
        }, cancel);
        var id = made.GetProperty("id").GetString()!;
        await _server.Call(HttpMethod.Patch, $"/v1/events/{id}/status", token, new { status = "active" }, cancel);
        await MeetAll(id, activity, cancel);
        return id;
    }

    /// <summary>One user does what is asked for, and all others are made to stand where that one does.</summary>
    private async Task MeetAll(string @event, string activity, CancellationToken cancel)
    {
        var deed = new { id = activity, userId = Users.Id(0), type = activity, occurredAt = _time.GetUtcNow() };
        await _server.Call(HttpMethod.Post, "/v1/activities", _service, deed, cancel);
        var copied = await _events.Execute(
            $"""
            INSERT INTO progress (met, version, epoch, window_key, event_id, user_id, state)
            SELECT met, version, epoch, window_key, event_id, {Users.IdInSql}, state
            FROM generate_series(1, $1 - 1) AS n, progress
            WHERE user_id = $2 AND event_id = $3
            """,
            [_tokens.Length, Users.Id(0), Guid.Parse(@event)], cancel);
        if (copied != _tokens.Length - 1)
            throw new BenchException($"{copied} users were made to meet the event.");
        await _events.Execute("VACUUM (ANALYZE) progress", [], cancel);
    }

    private async Task<string> MakeServiceAccount(CancellationToken cancel)
    {
        var service = await _server.Call(HttpMethod.Post, "/v1/service-accounts", await _server.SignIn(cancel), new { name = "game server", scopes = Scopes }, cancel);
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"),
            new("client_id", service.GetProperty("clientId").GetString()!),
            new("client_secret", service.GetProperty("clientSecret").GetString()!),
        ]);
        return (await _server.Send(HttpMethod.Post, "/v1/auth/token", token: null, form, cancel)).GetProperty("access_token").GetString()!;
    }

    /// <summary>Users in the order in which they claim, shared by all connections.</summary>
    private sealed class Queue(Claimants all, string @event)
    {
        private int _turn = -1;

        public Connection Client(byte[] expected, byte[]? refusal = null)
        {
            var (uri, path) = (all._server.Url, $"/v1/events/{@event}/claims");
            return new Connection(
                uri,
                buffer =>
                {
                    var turn = Interlocked.Increment(ref _turn);
                    // A round that is too long for the users there are fails, by their second claims.
                    var user = Users.InTurn(turn % all._tokens.Length, all._tokens.Length);
                    buffer.Write(Requests.Post(uri, path, "{}", all._tokens[user]));
                },
                expected,
                refusal);
        }
    }
}
