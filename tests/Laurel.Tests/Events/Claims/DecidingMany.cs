using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Claims;

/// <summary>Many decisions in one request, each by itself.</summary>
public sealed class DecidingMany(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string Path = "/v1/claims/decide";

    private readonly Api _operator = app.Somebody(Role.Operator);

    [Fact]
    public async Task Each_is_decided_whatever_becomes_of_the_others()
    {
        var me = Playing.NewPerson();
        var (good, bad, full, again) = (Playing.NewPerson(), Playing.NewPerson(), Playing.NewPerson(), Playing.NewPerson());
        await app.Events.Execute(
            "INSERT INTO balances (user_id, balance) VALUES ($1, 9007199254740991)", [$"{full}"], TestContext.Current.CancellationToken);
        var offered = await app.Offers(_operator, reward => new { rewardId = reward, requiresApproval = true });
        var ids = await app.Pending(offered, good, bad, full, again, me);

        var answer = (await app.Me(me, Role.Operator).Post(Path, new
        {
            decisions = new object[]
            {
                new { id = ids[0], decision = "approve" },
                new { id = ids[1], decision = "reject", reason = "a cheat" },
                new { id = ids[2], decision = "approve", reason = "well done" },
                new { id = ids[3], decision = "reject", reason = "look again", allowRetry = true },
                new { id = ids[4], decision = "approve" },
                new { id = Playing.NewPerson(), decision = "approve" },
                new { id = ids[0], decision = "reject", reason = "too late" },
                new { id = ids[0], decision = "revoke", reason = "a slip" },
                new { id = ids[1], decision = "cancel", reason = "not under way" },
            },
        })).Is(200).Json;

        Assert.Equal(
            ["done", "done", "balance_full", "done", "own_claim", "not_found", "already_decided", "done", "already_decided"],
            answer["results"]!.AsArray().Select(result => (string?)result!["code"] ?? (string)result["outcome"]!));
        Assert.Equal((4, 5), ((int)answer["done"]!, (int)answer["refused"]!));
        Assert.Equal(["revoked", "rejected", "pending", "reopened", "pending"], await Task.WhenAll(ids.Select(_operator.StatusOf)));
        Assert.Equal(0, await app.Points(good));
        (await app.Me(again).Claims(offered.Event)).Is(201);
    }

    [Fact]
    public async Task A_request_that_breaks_a_rule_decides_nothing()
    {
        var offered = await app.Offers(_operator, reward => new { rewardId = reward, requiresApproval = true });
        var id = (await app.Pending(offered, Playing.NewPerson())).Single();
        var approval = new { id, decision = "approve" };

        (await _operator.Post(Path, new { decisions = Array.Empty<object>() })).Refused(422, "rule_broken").Because("decisions", "count");
        (await _operator.Post(Path, new { decisions = Enumerable.Repeat(approval, 201) })).Refused(422, "rule_broken").Because("decisions", "count");
        (await _operator.Post(Path, new { decisions = new object[] { approval, new { id, decision = "reject" } } }))
            .Refused(422, "rule_broken").Because("decisions[1].reason", "length");
        (await _operator.Post(Path, new { decisions = new object[] { approval, new { id, decision = "approve", allowRetry = true } } }))
            .Refused(422, "rule_broken").Because("decisions[1].allowRetry", "only_rejection");
        (await _operator.Post(Path, new { decisions = new object[] { approval, new { id, decision = "pay" } } })).Refused(400, "malformed_body");
        (await _operator.Post(Path, new { decisions = new object[] { approval, new { id = "none", decision = "approve" } } })).Refused(400, "malformed_body");
        (await app.Somebody(Role.Auditor).Post(Path, new { decisions = new[] { approval } })).Refused(403, "forbidden");
        Assert.Equal("pending", await _operator.StatusOf(id));
    }

    [Fact]
    public async Task Of_the_same_many_decided_by_several_at_once_each_is_decided_once()
    {
        var players = Enumerable.Range(0, 40).Select(_ => Playing.NewPerson()).ToArray();
        var offered = await app.Offers(_operator, reward => new { rewardId = reward, requiresApproval = true, stock = 40 });
        var ids = await app.Pending(offered, players);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(async desk => (await app.Somebody(Role.Operator).Post(Path, new
        {
            decisions = (desk % 2 == 0 ? ids : Enumerable.Reverse(ids)).Select(id => new { id, decision = desk < 2 ? "approve" : "reject", reason = "one of four" }),
        })).Is(200).Json));

        Assert.Equal(40, answers.Sum(answer => (int)answer["done"]!));
        var paid = (await Task.WhenAll(ids.Select(_operator.StatusOf))).Count(status => status == "completed");
        Assert.Equal(paid * 10, (await Task.WhenAll(players.Select(app.Points))).Sum());
        Assert.Equal(40 - paid, (int)(await app.Me(players[0]).Progress(offered.Event))["offers"]![0]!["stockLeft"]!);
    }
}
