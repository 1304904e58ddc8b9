using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Stories;

/// <summary>S0: whoever comes on three days gets points; all in a browser that knows only cookies.</summary>
public sealed class AttendingThreeDays(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string Email = "mina@example.com";
    private const string Password = "a lamp by the window";

    private readonly Browser _mina = new(app);
    private string _event = "";
    private string _id = "";

    [Fact]
    public async Task Whoever_comes_on_three_days_gets_the_points_once()
    {
        app.ItIsNoon();
        await AnOperatorAnnouncesThreeDays();
        await MinaSignsUpAndSignsIn();
        await SheSeesWhatThereIsToGet();

        await SheComes(day: 1);
        await SheIsTooEarly(missing: 2);
        await TheNextDaySheIsStillKnown();
        await SheComes(day: 2);
        await SheIsTooEarly(missing: 1);
        await TheNextDaySheIsStillKnown();
        await SheComes(day: 3);

        await SheClaimsItOnce();
        await HerPointsAndHerHistoryShowIt();
        await StaffSeesItToo();
        await SheSignsOut();
    }

    private async Task AnOperatorAnnouncesThreeDays()
    {
        var olivia = (await Person.IsMade(app, "olivia", Role.Operator)).Api;
        var points = (await olivia.Post("/v1/rewards", new { name = "A warm welcome", contents = new[] { new { type = "points", amount = 300 } } })).Is(201).Field("id");
        _event = await olivia.Runs(app.FromToday(7, Goal.Attendance(3)) with { Title = "Come on three days", Offers = [new { rewardId = points }] });
    }

    private async Task MinaSignsUpAndSignsIn()
    {
        Assert.True((bool)(await _mina.Get($"/v1/auth/email-availability?email={Email}")).Is(200).Json["available"]!);
        _id = (await _mina.Post("/v1/auth/signup", new { email = Email, password = Password, nickname = "Mina" })).Is(201).Field("id");
        Assert.False((bool)(await _mina.Get($"/v1/auth/email-availability?email={Email}")).Is(200).Json["available"]!);
        (await _mina.Get("/v1/me")).Refused(401, "unauthenticated");

        var signedIn = (await _mina.Post("/v1/auth/login?useCookies=true", new { email = Email, password = Password })).Is(204);
        Assert.Empty(signedIn.Text);
        Assert.Equal("Mina", (await _mina.Get("/v1/me")).Is(200).Field("nickname"));
    }

    private async Task SheSeesWhatThereIsToGet()
    {
        var listed = Assert.Single((await _mina.Get("/v1/events")).Is(200).Json["items"]!.AsArray())!;
        Assert.Equal("Come on three days", (string)listed["title"]!);
        Assert.Equal(300, (int)listed["offers"]![0]!["contents"]![0]!["amount"]!);
    }

    private async Task SheComes(int day)
    {
        for (var again = 0; again < 2; again++)
        {
            var attended = Assert.Single((await _mina.Post("/v1/me/check-ins")).Is(200).Json["events"]!.AsArray())!;
            Assert.Equal(day, attended.Current());
        }

        Assert.Equal(day == 3, (bool)(await Progress())["met"]!);
        Assert.Equal(day == 3, (bool)(await Progress())["offers"]![0]!["claimable"]!);
    }

    private async Task SheIsTooEarly(int missing) =>
        Assert.Equal(missing, (int)(await Claims()).Refused(422, "condition_not_met").Json["missing"]![0]!["missing"]!);

    private async Task TheNextDaySheIsStillKnown()
    {
        app.ADayPasses();
        (await _mina.Get("/v1/me")).Refused(401, "token_expired");
        (await _mina.Post("/v1/auth/refresh")).Is(204);
        (await _mina.Get("/v1/me")).Is(200);
    }

    private async Task SheClaimsItOnce()
    {
        var claim = (await Claims()).Is(201).Json["claims"]![0]!;
        Assert.Equal("completed", (string)claim["status"]!);
        Assert.Equal((string)claim["id"]!, (string)(await Claims()).Refused(409, "already_claimed").Json["claim"]!["id"]!);
    }

    private async Task HerPointsAndHerHistoryShowIt()
    {
        Assert.Equal(300, (int)(await _mina.Get("/v1/me/points")).Is(200).Json["balance"]!);
        Assert.Equal("A warm welcome", (string)Assert.Single((await _mina.Get("/v1/me/points/entries")).Is(200).Json["items"]!.AsArray())!["reason"]!);
        Assert.Equal(_event, (string)Assert.Single((await _mina.Get("/v1/me/claims")).Is(200).Json["items"]!.AsArray())!["eventId"]!);
        Assert.Equal("completed", (string)(await Progress())["offers"]![0]!["claim"]!["status"]!);
    }

    private async Task StaffSeesItToo()
    {
        var audrey = (await Person.IsMade(app, "audrey", Role.Auditor)).Api;
        Assert.Single((await audrey.Get($"/v1/claims?userId={_id}")).Is(200).Json["items"]!.AsArray());
        (await _mina.Get($"/v1/claims?userId={_id}")).Refused(403, "forbidden");
    }

    private async Task SheSignsOut()
    {
        (await _mina.Post("/v1/auth/logout")).Is(204);
        Assert.False(_mina.IsSignedIn);
        (await _mina.Get("/v1/me")).Refused(401, "unauthenticated");
        Assert.NotNull((await (await app.SignedIn(Role.Admin)).Api.Get($"/v1/users/{_id}")).Is(200).Json["lastLogoutAt"]);
    }

    private Task<Answer> Claims() => _mina.Post($"/v1/events/{_event}/claims");

    private async Task<JsonNode> Progress() => (await _mina.Get($"/v1/me/progress/{_event}")).Is(200).Json;
}
