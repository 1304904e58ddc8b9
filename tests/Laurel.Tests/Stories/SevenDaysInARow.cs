using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Stories;

/// <summary>S2: signing in on seven days in a row, which is not the same as on seven days.</summary>
public sealed class SevenDaysInARow(LaurelApp app) : IClassFixture<LaurelApp>
{
    private Person _olivia = null!;
    private Person _hana = null!;
    private Person _duri = null!;
    private string _event = "";

    [Fact]
    public async Task Whoever_signs_in_on_seven_days_in_a_row_gets_it_and_who_misses_one_does_not()
    {
        app.ItIsNoon();
        _olivia = await Person.IsMade(app, "olivia", Role.Operator);
        (_hana, _duri) = (await Person.SignsUp(app, "hana"), await Person.SignsUp(app, "duri"));
        await AnEventTooShortForItIsRefused();
        await OliviaRunsOneThatIsLongEnough();

        for (var day = 1; day <= 7; day++, app.ADayPasses())
        {
            await _hana.LogsIn();
            if (day != 4)
                await _duri.LogsIn();
            await app.LoginsCounted();
            Assert.Equal(day, (await _hana.Api.Progress(_event)).Current());
        }

        await OnTheEighthDayDuriHasSevenDaysAndNoSeven();
        await HanaClaims();
        await TheGamePullsIt();
        await OliviaSeesWhoTriedInVain();
        await AnAdminSeesWhoSignedInWhen();
    }

    private async Task AnEventTooShortForItIsRefused() =>
        (await _olivia.Api.Post("/v1/events", app.FromToday(6, Goal.Streak(7, activity: "login"))))
            .Refused(422, "rule_broken").Because("condition.days", "unreachable");

    private async Task OliviaRunsOneThatIsLongEnough()
    {
        var chest = await _olivia.Api.CreatesReward(
            new { type = "item", itemId = "potion", name = "Potion", quantity = 5 },
            new { type = "item", itemId = "scroll", name = "Scroll", quantity = 1 });
        _event = await _olivia.Api.Runs(app.FromToday(14, Goal.Streak(7, activity: "login")) with { Title = "Seven days in a row", Offers = [new { rewardId = chest }] });
    }

    private async Task OnTheEighthDayDuriHasSevenDaysAndNoSeven()
    {
        await _duri.LogsIn();
        await app.LoginsCounted();
        var missing = (await _duri.Claims(_event)).Refused(422, "condition_not_met").Json["missing"]![0]!;
        Assert.Equal((4, 7, 3), ((int)missing["current"]!, (int)missing["target"]!, (int)missing["missing"]!));
    }

    private async Task HanaClaims()
    {
        await _hana.LogsIn();
        var claim = (await _hana.Claims(_event)).Is(201).Json["claims"]![0]!;
        Assert.Equal("processing", (string)claim["status"]!);
        (await _hana.Claims(_event)).Refused(409, "already_claimed");
    }

    private async Task TheGamePullsIt()
    {
        var game = await app.Game(Scopes.DeliveriesWrite);
        var handed = Assert.Single((await game.Get("/v1/deliveries/pending")).Is(200).Json["items"]!.AsArray())!;
        Assert.Equal((_hana.Id, 2), ((string)handed["userId"]!, handed["contents"]!.AsArray().Count));
        (await game.Post($"/v1/deliveries/{handed["id"]}/ack", new { lease = (string)handed["lease"]! })).Is(200);
        Assert.Equal("completed", (string)(await _hana.Api.Get($"/v1/me/claims?eventId={_event}")).Is(200).Json["items"]![0]!["status"]!);
    }

    private async Task OliviaSeesWhoTriedInVain()
    {
        await _olivia.LogsIn();
        await Eventually.True(async () =>
            (await _olivia.Api.Get($"/v1/claims/attempts?eventId={_event}&code=condition_not_met")).Is(200).Text.Contains(_duri.Id, StringComparison.Ordinal));
        Assert.Equal("completed", (string)Assert.Single((await _olivia.Api.Get($"/v1/claims?eventId={_event}")).Is(200).Json["items"]!.AsArray())!["status"]!);
    }

    private async Task AnAdminSeesWhoSignedInWhen()
    {
        var admin = (await app.SignedIn(Role.Admin)).Api;
        Assert.Equal(7, (await admin.Get($"/v1/users/{_duri.Id}/logins")).Is(200).Json["items"]!.AsArray().Count);
        (await _olivia.Api.Get($"/v1/users/{_duri.Id}/logins")).Refused(403, "forbidden");
    }
}
