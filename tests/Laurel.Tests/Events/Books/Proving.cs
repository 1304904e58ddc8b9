using Laurel.Events.Books;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Events.Coupons;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Books;

/// <summary>Claims, stock and points match; and whatever does not is named.</summary>
public sealed class Proving(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Api _operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));
    private readonly Api _bank = app.Anonymous.As(app.ServiceToken("points:write"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_Laurel_has_done_keeps_every_law_and_every_law_notices_when_it_is_broken()
    {
        var claims = new List<string>();
        foreach (var verb in new[] { "approve", "approve", "reject", "revoke", "" })
            claims.Add(await Claimed(verb));
        await Pays();
        var sword = await Claimed("approve", new { type = "item", itemId = "sword", name = "A sword", quantity = 1 });
        foreach (var verb in new[] { "cancel", "reject" })
            await Claimed(verb, new { type = "badge", badgeId = "first" });
        await CouponsAreGiven();
        Assert.All(await Prove(), finding => Assert.Empty(finding.First));
        Assert.Equal($"Verified claims, stock, points and deliveries: all {Laws.All.Count} laws hold.", (await LaurelProcess.Run(app, "verify")).Well().Out[^1]);

        await Breaks("Each lot of codes", "DELETE FROM coupons WHERE code = 'FREE'");
        await Breaks("Each claim has a code", "UPDATE coupons SET claim_id = gen_random_uuid(), place = 1, given_at = now() WHERE code = 'LAST'");
        await Change("DROP INDEX claims_one_per_key");
        await Breaks("Each offer was claimed once", $"INSERT INTO claims {Copy(claims[2], "gen_random_uuid()", "'pending'", holds: 0)}");
        await Breaks("Of each stock,", "UPDATE stocks SET taken = taken - 1 WHERE owner = (SELECT offer_id FROM claims WHERE id = $1)", claims[0]);
        await Breaks("A claim that came to nothing", "UPDATE claims SET holds = 2 WHERE id = $1", claims[3]);
        await Breaks("The points of each claim that was granted", $"INSERT INTO claims {Copy(claims[0], "gen_random_uuid()", "'completed'", holds: 0)}");
        await Breaks("The points of each claim that failed", "UPDATE claims SET status = 'revoked' WHERE id = $1", claims[1]);
        await Breaks("What the game has to hand over", "UPDATE deliveries SET status = 'cancelled' WHERE claim_id = $1", sword);
        await Breaks("What was reversed", Transfer("'user'", "'issuer'", 3, "reversal", "a transfer that never was"));
        await Breaks("What was forfeited", Transfer("'user'", "'issuer'", 3, "forfeit", "an erasure that never was"));
        await Breaks("Each balance", "UPDATE balances SET balance = balance + 1 WHERE user_id = (SELECT min(user_id) FROM balances)");
        await Change("ALTER TABLE transfers DROP CONSTRAINT transfers_between_two");
        await Breaks("Each transfer takes", Transfer("'user'", "'user'", 3, "credit", "from hand to hand"));

        var broken = await LaurelProcess.Run(app, "verify");
        Assert.Equal(1, broken.Status);
        Assert.Contains($"  claim {claims[3]} is revoked, and holds stock", broken.Out);
    }

    private async Task Breaks(string law, string sql, params object[] values)
    {
        var before = Count(await Prove(), law);
        Assert.Equal(1, await Change(sql, values));
        Assert.Equal(before + 1, Count(await Prove(), law));
    }

    private static long Count(IReadOnlyList<Finding> findings, string law) =>
        Assert.Single(findings, finding => finding.Law.Name.StartsWith(law, StringComparison.Ordinal)).Count;

    private Task<IReadOnlyList<Finding>> Prove() => app.Services.GetRequiredService<Bookkeeping>().Run(_ => { }, Cancellation);

    private Task<int> Change(string sql, params object[] values) =>
        app.Events.Execute(sql, [.. values.Select(value => value is string id ? Guid.Parse(id) : value)], Cancellation);

    /// <summary>A claim (of ten points, unless told) that takes one of two, and what an operator did about it.</summary>
    private async Task<string> Claimed(string verb, params object[] contents)
    {
        var (reward, type) = (await _operator.CreatesReward(contents), Playing.NewUser());
        var @event = await _operator.Runs(app.Draft(Goal.Count(type, 1)) with { Offers = [new { rewardId = reward, requiresApproval = true, stock = 2 }] });
        var person = Playing.NewPerson();
        await app.GameServer().Reports(Playing.Did(person.ToString(), type, app.Clock.GetUtcNow()));
        var player = app.Anonymous.As(app.PersonToken(person));
        var id = (string)(await player.Post($"/v1/events/{@event}/claims", new { })).Is(201).Json["claims"]![0]!["id"]!;
        foreach (var one in verb is "revoke" or "cancel" ? new[] { "approve", verb } : [verb])
        {
            if (one.Length > 0)
                (await _operator.Post($"/v1/claims/{id}/{one}", new { reason = "as it is" })).Is(200);
        }

        return id;
    }

    /// <summary>Two of four codes, one of which was given back.</summary>
    private async Task CouponsAreGiven()
    {
        var (reward, type) = (await _operator.CreatesReward(Pools.Of(Pools.NewPool())), Playing.NewUser());
        (await _operator.Uploads(reward, "FIRST\nSECOND\nFREE\nLAST")).Is(200);
        var @event = await _operator.Runs(app.Draft(Goal.Count(type, 1)) with { Offers = [new { rewardId = reward, requiresApproval = true }] });
        foreach (var verb in new[] { "approve", "reject" })
        {
            var person = Playing.NewPerson();
            await app.GameServer().Reports(Playing.Did(person.ToString(), type, app.Clock.GetUtcNow()));
            var claim = (await app.Anonymous.As(app.PersonToken(person)).Post($"/v1/events/{@event}/claims", new { })).Is(201).Json["claims"]![0]!;
            (await _operator.Post($"/v1/claims/{claim["id"]}/{verb}", new { reason = "as it is" })).Is(200);
        }
    }

    private async Task Pays()
    {
        var user = Playing.NewUser();
        var credit = (await _bank.Send(HttpMethod.Post, "/v1/points/credits", Api.Json(new { userId = user, amount = 50 }), ("Idempotency-Key", "k1"))).Is(201).Json;
        (await _bank.Send(HttpMethod.Post, "/v1/points/debits", Api.Json(new { userId = user, amount = 20 }), ("Idempotency-Key", "k2"))).Is(201);
        (await _bank.Send(HttpMethod.Post, "/v1/points/credits", Api.Json(new { userId = user, amount = 30 }), ("Idempotency-Key", "k3"))).Is(201);
        (await _bank.Send(HttpMethod.Post, $"/v1/points/transfers/{credit["id"]}/reversal", Api.Json(new { }), ("Idempotency-Key", "k4"))).Is(201);
    }

    private static string Copy(string claim, string id, string status, int holds) =>
        $"""
        (created_at, points, holds, window_key, id, event_id, offer_id, reward_id, user_id, status, origin, reward_name, contents)
        SELECT created_at, points, {holds}, window_key, {id}, event_id, offer_id, reward_id, user_id, {status}, origin, reward_name, contents
        FROM claims
        WHERE id = '{claim}'
        """;

    private static string Transfer(string debit, string credit, int amount, string kind, string @ref) =>
        $"""
        INSERT INTO transfers (created_at, amount, id, user_id, debit, credit, kind, ref, created_by)
        VALUES (now(), {amount}, gen_random_uuid(), 'somebody', {debit}, {credit}, '{kind}', '{@ref}', 'nobody')
        """;
}
