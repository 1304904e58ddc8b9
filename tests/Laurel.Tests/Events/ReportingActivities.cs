using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events;

public sealed class ReportingActivities(LaurelApp app) : IClassFixture<LaurelApp>
{
    private DateTimeOffset Now => app.Clock.GetUtcNow();

    [Fact]
    public async Task What_is_reported_counts_in_every_event_that_measures_it()
    {
        var @operator = await app.SignedIn(Role.Operator);
        var player = await app.SignedIn();
        var me = player.Account.Id.Value.ToString();
        var three = await @operator.Api.Runs(app.Draft(Goal.Count("hunt", 3)));
        var onMap = await @operator.Api.Runs(app.Draft(Goal.Sum("hunt", 100, new { map = 7 })));
        var other = await @operator.Api.Runs(app.Draft(Goal.Count("fish", 1)));

        var answer = await app.GameServer().Reports(
            Playing.Did(me, "hunt", Now, value: 60, attributes: new { map = 7 }),
            Playing.Did(me, "hunt", Now, value: 70, attributes: new { map = 7.0 }),
            Playing.Did(me, "hunt", Now, value: 5, attributes: new { map = 8 }));

        Assert.Equal(["accepted", "accepted", "accepted"], answer.Outcomes());
        var progress = await player.Api.Progress(three);
        Assert.Equal(3, progress.Current());
        Assert.True(progress["met"]!.GetValue<bool>());
        Assert.Equal(130, (await player.Api.Progress(onMap)).Current());
        Assert.Equal(0, (await player.Api.Progress(other)).Current());
    }

    [Fact]
    public async Task An_id_counts_once_however_often_it_is_sent()
    {
        var @operator = await app.SignedIn(Role.Operator);
        var player = await app.SignedIn();
        var me = player.Account.Id.Value.ToString();
        var id = await @operator.Api.Runs(app.Draft(Goal.Count("jump", 3)));
        var once = Playing.Did(me, "jump", Now, "one");

        Assert.Equal(["accepted", "duplicate"], (await app.GameServer().Reports(once, once)).Outcomes());
        Assert.Equal(["duplicate"], (await app.GameServer().Post("/v1/activities", once)).Outcomes());
        Assert.Equal(["refused activity_id_reused", "accepted"],
            (await app.GameServer().Reports(Playing.Did(me, "jump", Now, "one", value: 2), Playing.Did(me, "jump", Now, "two"))).Outcomes());
        Assert.Equal(2, (await player.Api.Progress(id)).Current());
    }
}
