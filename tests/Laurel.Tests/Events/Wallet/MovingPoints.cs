using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Wallet;

/// <summary>Points that services give and take.</summary>
public sealed class MovingPoints(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly Api _shop = app.Anonymous.As(app.ServiceToken(Scopes.PointsWrite));

    [Fact]
    public async Task The_same_order_is_done_once_and_answered_the_same()
    {
        var me = Playing.NewUser();
        var first = (await Credit(me, 100, "a")).Is(201);
        Assert.Equal(100, (int)first.Json["balance"]!);
        Assert.Equal(first.Json.ToJsonString(), (await Credit(me, 100, "a")).Is(201).Json.ToJsonString());
        (await Credit(me, 101, "a")).Refused(422, "idempotency_key_reused");
        (await Debit(me, 100, "a")).Refused(422, "idempotency_key_reused");
        Assert.Equal(40, (int)(await Debit(me, 60, "b")).Is(201).Json["balance"]!);
        (await Debit(me, 41, "c")).Refused(422, "insufficient_points");
        // What was refused had no effect, so its key is free.
        Assert.Equal(0, (int)(await Debit(me, 40, "c")).Is(201).Json["balance"]!);
    }

    /// <summary>An ADMIN may stand in for a service account, but not where it is to their own good.</summary>
    [Fact]
    public async Task Nobody_moves_their_own_points()
    {
        var me = Playing.NewPerson();
        foreach (var path in new[] { "credits", "debits" })
        {
            (await app.Me(me, Role.Admin).Send(HttpMethod.Post, $"/v1/points/{path}", Api.Json(new { userId = me, amount = 1 }), ("Idempotency-Key", path)))
                .Refused(403, "own_claim");
        }

        Assert.Equal(0, await app.Points(me));
    }

    [Fact]
    public async Task A_transfer_is_reversed_once_and_a_reversal_never()
    {
        var me = Playing.NewUser();
        var credit = (await Credit(me, 100, "a")).Is(201).Field("id");
        var reversal = (await Reverse(credit, "r1")).Is(201);
        Assert.Equal(0, (int)reversal.Json["balance"]!);
        Assert.Equal(reversal.Json.ToJsonString(), (await Reverse(credit, "r1")).Is(201).Json.ToJsonString());
        (await Reverse(credit, "r2")).Refused(409, "already_reversed");
        (await Reverse(reversal.Field("id"), "r3")).Refused(409, "not_reversible");
        (await Reverse(Playing.NewPerson().ToString(), "r4")).Refused(404, "not_found");

        var spent = (await Credit(me, 10, "b")).Is(201).Field("id");
        (await Debit(me, 5, "c")).Is(201);
        (await Reverse(spent, "r5")).Refused(422, "insufficient_points");
    }

    [Theory]
    [InlineData("""{"userId":"u","amount":0}""", 422, "rule_broken")]
    [InlineData("""{"userId":"u","amount":-1}""", 422, "rule_broken")]
    [InlineData("""{"userId":"u","amount":9007199254740992}""", 422, "rule_broken")]
    [InlineData("""{"userId":"u","amount":9223372036854775808}""", 400, "malformed_body")]
    [InlineData("""{"userId":"u","amount":1.5}""", 400, "malformed_body")]
    [InlineData("""{"userId":"","amount":1}""", 422, "rule_broken")]
    [InlineData("""{"userId":"u\n","amount":1}""", 422, "rule_broken")]
    [InlineData("""{"amount":1}""", 400, "malformed_body")]
    public async Task What_is_no_order_is_refused(string body, int status, string code) =>
        (await _shop.Send(HttpMethod.Post, "/v1/points/credits", Api.Json(JsonNode.Parse(body)!), ("Idempotency-Key", Playing.NewUser()))).Refused(status, code);

    [Fact]
    public async Task An_order_needs_a_key_and_the_wallet_has_an_end()
    {
        var me = Playing.NewUser();
        (await _shop.Post("/v1/points/credits", new { userId = me, amount = 1 })).Refused(400, "idempotency_key_required");
        (await Credit(me, 1, new string('k', 256))).Refused(400, "bad_request");
        (await Credit(me, 9_007_199_254_740_991, "all")).Is(201);
        (await Credit(me, 1, "more")).Refused(422, "balance_full");
        (await app.Anonymous.As(app.ServiceToken(Scopes.ActivitiesWrite)).Post("/v1/points/credits", new { userId = me, amount = 1 })).Refused(403, "forbidden");
    }

    [Fact]
    public async Task However_many_move_points_at_once_sums_and_balances_agree()
    {
        var dice = Dice.Thrown();
        var users = Enumerable.Range(0, 8).Select(_ => Playing.NewUser()).ToArray();
        var orders = Enumerable.Range(0, 600)
            .Select(i => (User: dice.Pick(users), Amount: dice.Between(1, 50), IsCredit: dice.Between(0, 2) > 0, Key: $"k{i}"))
            .SelectMany(order => Enumerable.Repeat(order, dice.Between(1, 3))).Shuffle().ToList();
        await Parallel.ForEachAsync(orders, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation }, async (order, _) =>
        {
            var answer = order.IsCredit ? await Credit(order.User, order.Amount, order.Key) : await Debit(order.User, order.Amount, order.Key);
            Assert.True(answer.Status == 201 || (!order.IsCredit && answer.Status == 422), $"{answer.Status}");
            if (answer.Status == 201 && order.Amount % 5 == 0)
                await Task.WhenAll(Enumerable.Range(0, 3).Select(i => Reverse(answer.Field("id"), $"{order.Key}-{i}")));
        });

        var wrong = await app.Events.Query(
            """
            SELECT balances.user_id
            FROM balances
            WHERE balances.user_id = ANY ($1)
              AND balance <> (SELECT sum(CASE WHEN credit = 'user' THEN amount ELSE -amount END) FROM transfers WHERE transfers.user_id = balances.user_id)
            """, row => row.GetString(0), [users], Cancellation);
        Assert.Empty(wrong);
        Assert.Equal(0L, await app.Events.QueryOne(
            "SELECT count(*) FROM (SELECT ref FROM transfers WHERE kind = 'reversal' GROUP BY user_id, ref HAVING count(*) > 1) AS twice",
            row => row.GetInt64(0), [], Cancellation));
        Assert.True(await app.Events.QueryOne("SELECT count(*) FROM transfers WHERE kind = 'reversal'", row => row.GetInt64(0), [], Cancellation) > 20);
    }

    private Task<Answer> Credit(string user, long amount, string key) => Move("credits", user, amount, key);

    private Task<Answer> Debit(string user, long amount, string key) => Move("debits", user, amount, key);

    private Task<Answer> Move(string what, string user, long amount, string key) =>
        _shop.Send(HttpMethod.Post, $"/v1/points/{what}", Api.Json(new { userId = user, amount }), ("Idempotency-Key", key));

    private Task<Answer> Reverse(string transfer, string key) =>
        _shop.Send(HttpMethod.Post, $"/v1/points/transfers/{transfer}/reversal", Api.Json(new { }), ("Idempotency-Key", key));
}
