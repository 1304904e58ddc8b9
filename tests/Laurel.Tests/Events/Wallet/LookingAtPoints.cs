using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Wallet;

/// <summary>Staff looks at a user's points, to answer a question about them.</summary>
public sealed class LookingAtPoints(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Api _shop = app.Anonymous.As(app.ServiceToken(Scopes.PointsWrite));
    private readonly Api _auditor = app.Somebody(Role.Auditor);

    [Theory]
    [InlineData("")]
    [InlineData(" a/slash %2F and 100%")]
    public async Task Staff_sees_what_the_user_has_and_where_it_came_from(string odd)
    {
        var user = Playing.NewUser() + odd;
        await Moves("credits", user, 70, "a birthday");
        await Moves("debits", user, 30, "a hat");
        await Moves("credits", user, 5, "a survey");
        await Moves("credits", Playing.NewUser(), 1, "somebody else's");

        Assert.Equal(45, (int)(await _auditor.Get($"{At(user)}")).Is(200).Json["balance"]!);
        var first = (await _auditor.Get($"{At(user)}/entries?limit=2")).Is(200).Json;
        var rest = (await _auditor.Get($"{At(user)}/entries?limit=2&cursor={first["nextCursor"]}")).Is(200).Json;
        Assert.Equal(
            [(5, "a survey"), (-30, "a hat"), (70, "a birthday")],
            first["items"]!.AsArray().Concat(rest["items"]!.AsArray()).Select(entry => ((int)entry!["amount"]!, (string)entry["reason"]!)));
        Assert.Null(rest["nextCursor"]);
    }

    [Fact]
    public async Task The_same_as_the_user_sees()
    {
        var me = Playing.NewPerson();
        await Moves("credits", $"{me}", 12, "a birthday");
        var mine = app.Me(me);
        Assert.Equal((await mine.Get("/v1/me/points")).Is(200).Text, (await _auditor.Get(At($"{me}"))).Is(200).Text);
        Assert.Equal((await mine.Get("/v1/me/points/entries")).Is(200).Text, (await _auditor.Get($"{At($"{me}")}/entries")).Is(200).Text);
    }

    [Fact]
    public async Task Whoever_never_had_any_has_none_and_who_cannot_exist_is_not_there()
    {
        Assert.Equal(0, (int)(await _auditor.Get(At(Playing.NewUser()))).Is(200).Json["balance"]!);
        Assert.Empty((await _auditor.Get($"{At(Playing.NewUser())}/entries")).Is(200).Json["items"]!.AsArray());
        foreach (var nobody in new[] { new string('a', 129), "a\u0007b" })
        {
            (await _auditor.Get(At(nobody))).Refused(404, "not_found");
            (await _auditor.Get($"{At(nobody)}/entries")).Refused(404, "not_found");
        }
    }

    [Fact]
    public async Task A_cursor_of_one_user_opens_no_other()
    {
        var (user, other) = (Playing.NewUser(), Playing.NewUser());
        await Moves("credits", user, 1, "one");
        await Moves("credits", user, 2, "two");
        var cursor = (await _auditor.Get($"{At(user)}/entries?limit=1")).Is(200).Field("nextCursor");
        (await _auditor.Get($"{At(other)}/entries?cursor={cursor}")).Refused(400, "invalid_cursor");
    }

    [Fact]
    public async Task Players_see_their_own_alone()
    {
        var user = Playing.NewPerson();
        (await app.Me(user).Get(At($"{user}"))).Refused(403, "forbidden");
        (await app.Me(user).Get($"{At($"{user}")}/entries")).Refused(403, "forbidden");
        (await app.Somebody(Role.Operator).Get(At($"{user}"))).Is(200);
    }

    private static string At(string user) => $"/v1/users/{Uri.EscapeDataString(user)}/points";

    private async Task Moves(string way, string userId, long amount, string reason) =>
        (await _shop.Send(HttpMethod.Post, $"/v1/points/{way}", Api.Json(new { userId, amount, reason }), ("Idempotency-Key", Playing.NewUser()))).Is(201);
}
