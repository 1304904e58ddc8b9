using System.Buffers;
using System.Text;
using Laurel.Bench.Engine;
using Laurel.Bench.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Bench.Claims;

/// <summary>A Laurel server that has granted millions of claims, and the operators who look at them.</summary>
internal sealed class Archive : IAsyncDisposable
{
    public const int Claims = 5_000_000;
    public const int Users = 100_000;
    public const int Events = 100;
    public const int Operators = 8;
    public const int PagesPerSecond = 500;
    public const int PageSize = 50;

    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    private readonly Server _server;
    private readonly NpgsqlDataSource _events;
    private readonly DateTimeOffset _now;
    private readonly List<Guid> _eventIds = [];

    private Archive(Server server, NpgsqlDataSource events, DateTimeOffset now) => (_server, _events, _now) = (server, events, now);

    public Server Server => _server;

    public static async Task<Archive> Start(Cluster cluster, StageOptions options, CancellationToken cancel)
    {
        var database = await cluster.MakeDatabase("history_events", cancel);
        var server = await Server.Start(
            [new("ConnectionStrings__Auth", await cluster.MakeDatabase("history_auth", cancel)), new("ConnectionStrings__Events", database)],
            options.Time,
            cancel);
        var archive = new Archive(server, Cluster.Open(database), options.Time.GetUtcNow());
        try
        {
            await archive.MakeEvents(cancel);
            await options.Log.WriteLineAsync($"history: {Claims:N0} claims");
            await archive.Fill(cancel);
            return archive;
        }
        catch
        {
            await archive.DisposeAsync();
            throw;
        }
    }

    /// <summary>Nearly all claims are completed, so that status alone narrows nothing down; a week somewhere in the year does.</summary>
    public Scenario ByEvent(string name) => Ask(name, turn =>
    {
        var from = _now - Year + TimeSpan.FromDays(Bench.Claims.Users.InTurn(turn, (int)Year.TotalDays - 7));
        return $"eventId={_eventIds[turn % Events]}&status=completed&from={from:yyyy-MM-ddTHH:mm:ssZ}&to={from.AddDays(7):yyyy-MM-ddTHH:mm:ssZ}";
    });

    public Scenario ByUser(string name) => Ask(name, turn => $"userId={Bench.Claims.Users.Id(Bench.Claims.Users.InTurn(turn, Users))}");

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _events.DisposeAsync();
    }

    private Scenario Ask(string name, Func<int, string> query)
    {
        var turn = -1;
        return Scenario.Http(
            name,
            _server.Url,
            async cancel =>
            {
                var token = await _server.SignIn(cancel);
                return _ => buffer => buffer.Write(Requests.Get(_server.Url, $"/v1/claims?limit={PageSize}&{query(Interlocked.Increment(ref turn))}", token));
            },
            Encoding.UTF8.GetBytes("\"items\":[{")) with
        {
            Connections = Operators,
            RequestsPerSecond = PagesPerSecond,
            Counted = "pages",
        };
    }

    private async Task MakeEvents(CancellationToken cancel)
    {
        var token = await _server.SignIn(cancel);
        var reward = await _server.Call(
            HttpMethod.Post, "/v1/rewards", token, new { name = "100 points", contents = new[] { new { type = "points", amount = 100 } } }, cancel);
        for (var i = 0; i < Events; i++)
        {
            var made = await _server.Call(HttpMethod.Post, "/v1/events", token, new
            {
                title = $"Event {i}",
                description = "",
                startsAt = _now - Year,
                endsAt = _now.AddDays(30),
                timeZone = "Asia/Seoul",
                condition = new { type = "count", activity = "deed", atLeast = 1 },
                offers = new[] { new { rewardId = reward.GetProperty("id").GetString() } },
            }, cancel);
            _eventIds.Add(made.GetProperty("id").GetGuid());
        }
    }

    /// <summary>As the year would have left them, but with the indexes made at the end, which takes a minute instead of many.</summary>
    private async Task Fill(CancellationToken cancel)
    {
        var indexes = await _events.Query(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'claims'::regclass AND NOT indisprimary",
            row => (Name: row.GetString(0), Definition: row.GetString(1)), [], cancel);
        foreach (var (name, _) in indexes)
            await _events.Execute($"DROP INDEX {name}", [], cancel);
        await _events.Execute(
            $$"""
            INSERT INTO claims (created_at, completed_at, points, holds, window_key, id, event_id, offer_id, reward_id, user_id, status, origin, reward_name, contents)
            SELECT at, CASE WHEN status = 'completed' THEN at END, 100, 0, '2000-01-01',
                (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008000' || substr(md5(i::text), 1, 12))::uuid,
                event_id, offers.id, reward_id, {{Bench.Claims.Users.IdInSql}}, status, 'user', '100 points', '[{"type": "points", "amount": 100}]'
            FROM (
                SELECT i, (i::bigint * 61803 % {{Users}})::int AS n, ids[1 + (i + i / {{Users}}) % {{Events}}] AS event_id,
                    $2 + i * interval '365 days' / {{Claims}} AS at,
                    CASE WHEN i / 100 % 200 = 0 THEN 'pending' WHEN i / 100 % 50 = 1 THEN 'processing' ELSE 'completed' END AS status
                FROM generate_series(0, {{Claims}} - 1) AS i, (SELECT $1::uuid[] AS ids) AS events
            ) AS made
            JOIN offers USING (event_id)
            """,
            [_eventIds.ToArray(), _now - Year], cancel);
        foreach (var (_, definition) in indexes)
            await _events.Execute(definition, [], cancel);
        await _events.Execute("VACUUM (ANALYZE) claims", [], cancel);

        // A year leaves no minute's worth of dirty pages behind. To copy a database by its files makes PostgreSQL write all of them; CHECKPOINT
        // itself is for superusers.
        await _events.Execute("CREATE DATABASE history_settled TEMPLATE template0 STRATEGY FILE_COPY", [], cancel);
    }
}
