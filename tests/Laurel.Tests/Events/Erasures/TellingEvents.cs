using System.Net;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Erasures;

/// <summary>Auth tells events of an erasure until events has heard of it.</summary>
public sealed class TellingEvents(TestPostgres postgres) : IAsyncLifetime
{
    private readonly LaurelApp _app = new(postgres);
    private TcpProxy? _network;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _network = new TcpProxy(() => new IPEndPoint(IPAddress.Loopback, _app.AddressOf("events").Port));
        _app.Settings["Laurel:Auth:EventsUrl"] = $"http://127.0.0.1:{_network.Port}";
        return _app.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _network!.DisposeAsync();
    }

    [Fact]
    public async Task Also_when_it_was_away_for_an_hour_and_after_their_logins()
    {
        _network!.IsDown = true;
        var me = await _app.SignedIn();
        (await me.Api.Delete("/v1/me")).Is(204);
        var tried = _network.Connections;
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await Eventually.True(() => Task.FromResult(_network.Connections > tried + 1));
        Assert.Equal(["erasure", "login_activity"], await _app.Database.Query("SELECT kind FROM outbox ORDER BY kind", row => row.GetString(0), [], Cancellation));

        _network.IsDown = false;
        (await _app.Forgotten(me.Account.Id.Value)).Is("erasure", "done", gained: 0, lost: 0);
        Assert.True(await _app.Events.QueryOne(
            """
            SELECT activities.received_at < jobs.started_at
            FROM activities
            JOIN erasures USING (user_id)
            JOIN jobs ON jobs.id = job_id
            WHERE user_id = $1 AND type = 'login'
            """,
            row => row.GetBoolean(0), [me.Account.Id.ToString()], Cancellation));
    }

    [Fact]
    public async Task Also_when_the_answer_is_lost()
    {
        var me = await _app.SignedIn();
        await _app.LoginsCounted();
        _network!.Rule = sent => sent.Contains("/erasures/", StringComparison.Ordinal) ? Passage.CutTheAnswer : Passage.Pass;
        (await me.Api.Delete("/v1/me")).Is(204);
        _app.Clock.Advance(Laurel.Auth.Accounts.Erasures.Delay);
        await Eventually.True(async () => await Erasures() == 1);
        var tried = _network.Connections;
        await Eventually.True(() => Task.FromResult(_network.Connections > tried + 1));
        _network.Rule = null;
        await _app.Forgotten(me.Account.Id.Value);
        Assert.Equal(1, await Erasures());
        Assert.Equal(1, await _app.Events.QueryOne("SELECT count(*) FROM jobs WHERE kind = 'erasure'", row => row.GetInt64(0), [], Cancellation));
    }

    private Task<long> Erasures() => _app.Events.QueryOne("SELECT count(*) FROM erasures", row => row.GetInt64(0), [], Cancellation);
}
