using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Erasures;

/// <summary>Somebody deletes their account, and events forgets them too.</summary>
public sealed class DeletingAnAccount(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_told_of_them_goes_and_what_they_were_granted_comes()
    {
        var @operator = app.Somebody(Role.Operator);
        var me = await app.SignedIn();
        var id = me.Account.Id.Value;
        var waiting = await app.Offers(@operator, reward => new { rewardId = reward, requiresApproval = true, stock = 1 });
        var sword = await @operator.CreatesReward(new { type = "item", itemId = "sword", name = "A sword", quantity = 1 });
        var granting = await app.Offers(@operator, _ => new { rewardId = sword });
        var paying = await app.Offers(@operator);
        var (town, home) = (Playing.NewUser(), Playing.NewUser());
        var walk = await @operator.Runs(app.Draft(Goal.All(Goal.Count("walk", 2, new { town }), Goal.Distinct("walk", "town", 2), Goal.Count("walk", 3))));
        await app.GameServer().Reports(
            [.. new[] { town, town, "elsewhere" }.Select(where => Playing.Did($"{id}", "walk", app.Clock.GetUtcNow(), attributes: new { town = where, home }))]);
        await app.Earns(waiting.Type, id);
        await app.Earns(granting.Type, id);
        await app.Earns(paying.Type, id);
        Assert.True((bool)(await me.Api.Progress(walk))["met"]!);

        var claim = (string)(await me.Api.Claims(waiting.Event)).Is(201).Json["claims"]![0]!["id"]!;
        var granted = (string)(await me.Api.Claims(granting.Event)).Is(201).Json["claims"]![0]!["id"]!;
        (await me.Api.Send(HttpMethod.Post, $"/v1/events/{paying.Event}/claims", Api.Json(new { }), ("Idempotency-Key", "mine"))).Is(201);
        (await @operator.Grants($"{id}", await @operator.CreatesReward(), key: "given", reason: $"They live in {home}")).Is(201);
        (await me.Api.Put("/v1/me/presence")).Is(200);
        Assert.Equal(20, await app.Points(id));

        Assert.NotEmpty(await app.WhereEventsTell(home));
        (await me.Api.Delete("/v1/me")).Is(204);
        app.Clock.Advance(Laurel.Auth.Accounts.Erasures.Delay);
        var job = await app.Forgotten(id);
        job.Is("erasure", "done", gained: 0, lost: 1);
        Assert.Equal((3, 20), ((int?)job["result"]!["activities"], (int?)job["result"]!["points"]));

        var rejected = await @operator.Claim(claim);
        Assert.Equal(("rejected", "erased"), ((string?)rejected["status"], (string?)rejected["reason"]));
        Assert.Equal("pending", await StatusOfNext(waiting));
        Assert.Equal(0, (long)(await @operator.Get($"/v1/users/{id}/points")).Is(200).Json["balance"]!);
        var newest = (await @operator.Get($"/v1/users/{id}/points/entries")).Is(200).Json["items"]![0]!;
        Assert.Equal(("forfeit", -20), ((string?)newest["kind"], (int)newest["amount"]!));
        Assert.Empty(await app.WhereEventsTell(home));
        Assert.Equal(0, await Rows("presence", "user_id", id) + await Rows("idempotency_keys", "subject", id));
        await app.IsInOrder();

        // Nobody has stopped what was under way.
        Assert.Equal("processing", await @operator.StatusOf(granted));
        var hands = app.Anonymous.As(app.ServiceToken(Scopes.DeliveriesWrite));
        var item = (await hands.Get("/v1/deliveries/pending")).Is(200).Json["items"]!.AsArray().Single(item => (string)item!["claimId"]! == granted)!;
        (await hands.Post($"/v1/deliveries/{item["id"]}/ack", new { lease = (string)item["lease"]! })).Is(200);
        Assert.Equal("completed", await @operator.StatusOf(granted));
    }

    private async Task<string> StatusOfNext((string Event, string Type) offered)
    {
        var next = Playing.NewPerson();
        await app.Earns(offered.Type, next);
        return (string)(await app.Me(next).Claims(offered.Event)).Is(201).Json["claims"]![0]!["status"]!;
    }

    private Task<long> Rows(string table, string column, Guid user) =>
        app.Events.QueryOne($"SELECT count(*) FROM {table} WHERE {column} = $1", row => row.GetInt64(0), [user.ToString()], Cancellation);
}
