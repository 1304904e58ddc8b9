using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Stories;

/// <summary>S3: what each of the four roles may do and may not, and a claim that an operator approves.</summary>
public sealed class EverybodysPart(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static readonly Role[] Everybody = [Role.User, Role.Operator, Role.Auditor, Role.Admin];
    private static readonly Role[] Readers = [Role.Operator, Role.Auditor, Role.Admin];
    private static readonly Role[] Makers = [Role.Operator, Role.Admin];

    private readonly Dictionary<Role, Person> _cast = [];
    private string _event = "";
    private string _reward = "";

    [Fact]
    public async Task Everybody_does_their_part_and_nobody_anothers()
    {
        app.ItIsNoon();
        await EverybodyGetsTheirRole();
        await OperatorsAndAdminsMakeEvents();
        await EverybodySignedInSeesThem();
        var claim = await TheUserEarnsAndClaims();
        await OnlyTheUserAndStaffSeeTheClaim(claim);
        await TheOperatorApproves(claim);
        await NobodyDecidesTheirOwn();
        await StaffReadsTheHistory();
        await OnlyAdminsManageAccounts();
        await AnotherRoleCountsAtOnce();
    }

    private async Task EverybodyGetsTheirRole()
    {
        _cast[Role.User] = await Person.SignsUp(app, "uma");
        await _cast[Role.User].LogsIn();
        foreach (var role in Makers.Append(Role.Auditor))
            _cast[role] = await Person.IsMade(app, $"{role}".ToLowerInvariant(), role);
    }

    private async Task OperatorsAndAdminsMakeEvents()
    {
        var points = new { name = "Fifty points", contents = new[] { new { type = "points", amount = 50 } } };
        await MayAll(Makers, HttpMethod.Post, "/v1/rewards", points);
        _reward = (await As(Role.Operator).Post("/v1/rewards", points)).Is(201).Field("id");
        var draft = app.FromToday(7, Goal.Attendance(1)) with { Offers = [new { rewardId = _reward, requiresApproval = true }] };
        await MayAll(Makers, HttpMethod.Post, "/v1/events", draft);
        _event = (await As(Role.Operator).Post("/v1/events", draft)).Is(201).Field("id");
        await MayAll(Makers, HttpMethod.Patch, $"/v1/events/{_event}/status", new { status = "active" });
        await MayAll(Makers, HttpMethod.Get, "/v1/webhooks");
    }

    private async Task EverybodySignedInSeesThem()
    {
        await MayAll(Everybody, HttpMethod.Get, "/v1/events");
        await MayAll(Everybody, HttpMethod.Get, $"/v1/events/{_event}");
        await MayAll(Everybody, HttpMethod.Get, "/v1/me");
        await MayAll(Readers, HttpMethod.Get, $"/v1/rewards/{_reward}");
        // Players see what runs; what is still a draft is staff's.
        Assert.Single((await As(Role.User).Get("/v1/events")).Is(200).Json["items"]!.AsArray());
        Assert.Equal(3, (await As(Role.Auditor).Get("/v1/events")).Is(200).Json["items"]!.AsArray().Count);
    }

    private async Task<string> TheUserEarnsAndClaims()
    {
        (await As(Role.User).Post("/v1/me/check-ins")).Is(200);
        var claim = (await _cast[Role.User].Claims(_event)).Is(201).Json["claims"]![0]!;
        Assert.Equal("pending", (string)claim["status"]!);
        return (string)claim["id"]!;
    }

    private async Task OnlyTheUserAndStaffSeeTheClaim(string claim)
    {
        var stranger = await Person.SignsUp(app, "stranger");
        await stranger.LogsIn();
        (await stranger.Api.Get($"/v1/me/claims/{claim}")).Refused(404, "not_found");
        (await As(Role.User).Get($"/v1/me/claims/{claim}")).Is(200);
        await MayAll(Readers, HttpMethod.Get, $"/v1/claims/{claim}");
    }

    private async Task TheOperatorApproves(string claim)
    {
        (await As(Role.User).Post($"/v1/claims/{claim}/approve")).Refused(403, "forbidden");
        (await As(Role.Auditor).Post($"/v1/claims/{claim}/approve")).Refused(403, "forbidden");
        var approved = (await As(Role.Operator).Post($"/v1/claims/{claim}/approve", new { reason = "All is well" })).Is(200);
        Assert.Equal(("completed", _cast[Role.Operator].Id), (approved.Field("status"), approved.Field("decidedBy")));
        (await As(Role.Admin).Post($"/v1/claims/{claim}/reject", new { reason = "Too late" })).Refused(409, "already_decided");
        Assert.Equal(50, await _cast[Role.User].Points());
    }

    private async Task NobodyDecidesTheirOwn()
    {
        foreach (var (player, other) in new[] { (Role.Operator, Role.Admin), (Role.Admin, Role.Operator) })
        {
            (await As(player).Post("/v1/me/check-ins")).Is(200);
            var own = (string)(await _cast[player].Claims(_event)).Is(201).Json["claims"]![0]!["id"]!;
            (await As(player).Post($"/v1/claims/{own}/approve")).Refused(403, "own_claim");
            (await As(other).Post($"/v1/claims/{own}/approve")).Is(200);
        }
    }

    private async Task StaffReadsTheHistory()
    {
        await MayAll(Readers, HttpMethod.Get, $"/v1/claims?userId={_cast[Role.User].Id}&eventId={_event}&status=completed");
        await MayAll(Readers, HttpMethod.Get, $"/v1/events/{_event}/progress?completed=true");
        await MayAll([Role.Auditor, Role.Admin], HttpMethod.Get, "/v1/audit?action=claim.approved");
        Assert.Single((await As(Role.User).Get("/v1/me/claims")).Is(200).Json["items"]!.AsArray());
    }

    private async Task OnlyAdminsManageAccounts()
    {
        await MayAll([Role.Admin], HttpMethod.Get, "/v1/users?role=AUDITOR");
        await MayAll([Role.Admin], HttpMethod.Get, $"/v1/users/{_cast[Role.User].Id}");
        await MayAll([Role.Admin], HttpMethod.Get, "/v1/service-accounts");
        // Reporting what users did is for the game, whose account has that scope.
        await MayAll([Role.Admin], HttpMethod.Post, "/v1/activities", new { userId = _cast[Role.User].Id, type = "kill" });
    }

    private async Task AnotherRoleCountsAtOnce()
    {
        (await As(Role.User).Patch($"/v1/users/{_cast[Role.User].Id}", new { role = Role.Admin })).Refused(403, "forbidden");
        (await As(Role.Admin).Patch($"/v1/users/{_cast[Role.User].Id}", new { role = Role.Auditor })).Is(200);
        (await As(Role.User).Get("/v1/me")).Refused(401, "session_ended");
        await _cast[Role.User].LogsIn();
        (await As(Role.User).Get("/v1/claims")).Is(200);
    }

    private Api As(Role role) => _cast[role].Api;

    /// <summary>The request succeeds for these, is forbidden to the others, and unknown callers are told to sign in.</summary>
    private async Task MayAll(Role[] allowed, HttpMethod method, string path, object? body = null)
    {
        (await app.Anonymous.Send(method, path, body)).Refused(401, "unauthenticated");
        foreach (var role in Everybody)
        {
            var answer = await As(role).Send(method, path, body);
            if (allowed.Contains(role))
                Assert.True(answer.Status is 200 or 201, $"{role}: {answer.Request} answered {answer.Status}: {answer.Text}");
            else
                answer.Refused(403, "forbidden");
        }
    }
}
