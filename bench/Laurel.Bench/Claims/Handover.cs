using Laurel.Bench.Engine;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Bench.Claims;

/// <summary>A Laurel server that has granted much, and has all of it to hand over to one endpoint.</summary>
internal sealed class Handover : IAsyncDisposable
{
    private const int Backlog = 20_000;

    private readonly Server _server;
    private readonly NpgsqlDataSource _events;
    private readonly Receiver _receiver;
    private int _expected;

    private Handover(Server server, NpgsqlDataSource events, Receiver receiver) => (_server, _events, _receiver) = (server, events, receiver);

    public static async Task<Handover> Start(Cluster cluster, StageOptions options, CancellationToken cancel)
    {
        var events = await cluster.MakeDatabase("handover_events", cancel);
        var server = await Server.Start(
            [
                new("ConnectionStrings__Auth", await cluster.MakeDatabase("handover_auth", cancel)),
                new("ConnectionStrings__Events", events),
                new("Laurel__Webhooks__AllowLoopback", "true"),
            ],
            options.Time,
            cancel);
        var handover = new Handover(server, Cluster.Open(events), await Receiver.Start(cancel));
        try
        {
            await server.Call(HttpMethod.Post, "/v1/webhooks", await server.SignIn(cancel), new { url = handover._receiver.Url }, cancel);
            return handover;
        }
        catch
        {
            await handover.DisposeAsync();
            throw;
        }
    }

    /// <summary>What has been granted is there before the door opens; a round lasts until all of it is handed over.</summary>
    public Scenario Deliver(string name) => new(name, async cancel =>
    {
        _receiver.Shut();
        // Then statistics say that nothing is due, which they may say at any time; a plan must not believe them.
        await _events.Execute("VACUUM (ANALYZE) deliveries, claims", [], cancel);
        await Grant(cancel);
        _expected += Backlog;
        return _ =>
        {
            _receiver.Open();
            return _receiver.Client();
        };
    })
    {
        Connections = 1,
        Counted = "deliveries",
        Exchanges = Backlog,
        Check = async cancel =>
        {
            await Settle(cancel);
            return _receiver.Known == _expected ? null : $"{_receiver.Known:N0} different deliveries came, of {_expected:N0}";
        },
    };

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _events.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    /// <summary>As if so many users had just claimed a sword.</summary>
    private Task<int> Grant(CancellationToken cancel) => _events.Execute(
        $$"""
        WITH made AS (
            INSERT INTO claims (created_at, points, holds, window_key, id, event_id, offer_id, reward_id, user_id, status, origin, reward_name, contents)
            SELECT now(), 0, 0, '2000-01-01', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), {{Users.IdInSql}}, 'processing', 'user',
                'A sword', '[{"type": "item", "itemId": "sword-1", "name": "Sword", "quantity": 1}]'
            FROM generate_series(1, {{Backlog}}) AS n
            RETURNING user_id, id
        )
        INSERT INTO deliveries (id, user_id, claim_id, kind, queue, created_at, due_at)
        SELECT gen_random_uuid(), user_id, id, 'granted', '00000000-0000-0000-0000-000000000000', now(), now()
        FROM made
        """,
        [], cancel);

    /// <summary>What was handed over has to be known as that, too.</summary>
    private async Task Settle(CancellationToken cancel)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            if (await _events.QueryOne("SELECT count(*) FROM claims WHERE status <> 'completed'", row => row.GetInt64(0), [], cancel) == 0)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancel);
        }

        throw new BenchException("Claims were handed over, and are not completed.");
    }
}
