using Laurel.Events.Activities;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events;

public sealed class ActivityLogTests(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Generations Generations => app.Services.GetRequiredService<Generations>();

    [Fact]
    public async Task An_id_counts_once_also_across_a_change_of_generation()
    {
        var player = await app.SignedIn();
        var me = player.Account.Id.Value.ToString();
        var @event = await (await app.SignedIn(Role.Operator)).Api.Runs(app.Draft(Goal.Count("dig", 5)));
        var before = Enumerable.Range(0, 50).Select(i => Playing.Did(me, "dig", app.Clock.GetUtcNow(), $"g{i}")).ToArray();
        Assert.All((await app.GameServer().Reports(before)).Outcomes(), outcome => Assert.Equal("accepted", outcome));

        await Turn();
        Assert.All((await app.GameServer().Reports(before)).Outcomes(), outcome => Assert.Equal("duplicate", outcome));
        Assert.Equal(["refused activity_id_reused"], (await app.GameServer().Reports(Playing.Did(me, "dig", app.Clock.GetUtcNow(), "g0", value: 9))).Outcomes());
        Assert.Equal(["accepted"], (await app.GameServer().Reports(Playing.Did(me, "dig", app.Clock.GetUtcNow(), "new"))).Outcomes());
        Assert.Equal(51, (await player.Api.Progress(@event)).Current());
    }

    [Fact]
    public async Task An_id_counts_once_while_generations_change_under_load()
    {
        const int Ids = 40;
        const int Turns = 5;
        var player = await app.SignedIn();
        var me = player.Account.Id.Value.ToString();
        var now = app.Clock.GetUtcNow();
        var @event = await (await app.SignedIn(Role.Operator)).Api.Runs(app.Draft(Goal.Count("chop", 5)));
        var turn = 0;
        // The same ids from many sides while the log goes on to its next generation; then others, since an id is remembered for one turn.
        var senders = Enumerable.Range(0, 6).Select(_ => new int[1]).ToArray();
        using var stop = new CancellationTokenSource();
        var sending = Enumerable.Range(0, senders.Length).Select(async sender =>
        {
            while (!stop.IsCancellationRequested)
            {
                var current = Volatile.Read(ref turn);
                Volatile.Write(ref senders[sender][0], current);
                (await app.GameServer().Reports([.. Enumerable.Range(0, Ids).Select(i => Playing.Did(me, "chop", now, $"c{current}-{(i + sender) % Ids}"))])).Is(200);
            }
        }).ToList();
        while (turn < Turns)
        {
            Interlocked.Increment(ref turn);
            await Eventually.True(() => Task.FromResult(senders.All(sender => Volatile.Read(ref sender[0]) == turn)));
            await Turn();
        }

        await stop.CancelAsync();
        await Task.WhenAll(sending);
        // Each turn's ids; those of turn 0 were sent before the first.
        Assert.Equal((Turns + 1) * Ids, (await player.Api.Progress(@event)).Current());
    }

    [Fact]
    public async Task One_activity_that_cannot_be_stored_fails_alone_among_a_thousand()
    {
        await app.Events.Execute("ALTER TABLE activities ADD CONSTRAINT poison CHECK (id <> 'poison')", [], Cancellation);
        try
        {
            var users = Enumerable.Range(0, 20).Select(_ => Playing.NewUser()).ToArray();
            var batch = Enumerable.Range(0, 1_000).Select(i => Playing.Did(users[i % 20], "walk", app.Clock.GetUtcNow(), i == 617 ? "poison" : $"p{i}")).ToArray();
            var outcomes = (await app.GameServer().Reports(batch)).Outcomes();
            Assert.Equal("refused activity_not_storable", outcomes[617]);
            Assert.Equal(999, outcomes.Count(outcome => outcome == "accepted"));
        }
        finally
        {
            await app.Events.Execute("ALTER TABLE activities DROP CONSTRAINT poison", [], Cancellation);
        }
    }

    [Fact]
    public async Task A_state_that_cannot_be_folded_quarantines_its_event_and_refuses_no_activity()
    {
        var player = await app.SignedIn();
        var me = player.Account.Id.Value.ToString();
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var broken = await @operator.Runs(app.Draft(Goal.Count("mine", 5)));
        var whole = await @operator.Runs(app.Draft(Goal.Count("mine", 5)));
        await app.GameServer().Reports(Playing.Did(me, "mine", app.Clock.GetUtcNow()));
        // As a bug, or a newer version of Laurel, might leave it; the row in memory is of no use then.
        await app.Events.Execute(
            "UPDATE progress SET state = '\\xFF', version = version + 1 WHERE event_id = $1", [Guid.Parse(broken)], Cancellation);

        Assert.Equal(["accepted"], (await app.GameServer().Reports(Playing.Did(me, "mine", app.Clock.GetUtcNow()))).Outcomes());
        Assert.Equal(2, (await player.Api.Progress(whole)).Current());
        await Eventually.True(async () => (await @operator.Get($"/v1/events/{broken}")).Json["quarantine"] is not null);
        Assert.Equal(["accepted"], (await app.GameServer().Reports(Playing.Did(me, "mine", app.Clock.GetUtcNow()))).Outcomes());
        Assert.Equal(3, (await player.Api.Progress(whole)).Current());

        // An operator lets it be folded anew: nothing was lost.
        (await @operator.Activates(broken)).Is(200);
        Assert.Equal(3, (await player.Api.Progress(broken)).Current());
    }

    /// <summary>As if the current generation had begun long ago.</summary>
    private async Task Turn()
    {
        await app.Events.Execute("UPDATE catalog SET generation_since = now() - interval '8 days'", [], Cancellation);
        await Generations.Tend(Cancellation);
    }
}
