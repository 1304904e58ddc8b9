using System.Text.Json;
using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events;

/// <summary>What no event may be. Each is refused by the path and the code of what is wrong, and nothing is stored.</summary>
public sealed class BadEvents(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string SameLeaf = """{"type":"count","activity":"kill","atLeast":1}""";

    /// <summary>What is changed in a good event, into what, and the refusal: 400 where it cannot be read, 422 where it breaks a rule.</summary>
    public static TheoryData<string, string?, int, string, string> Changes => new()
    {
        { "title", null, 400, "title", "missing_field" },
        { "title", "null", 400, "title", "null" },
        { "title", "7", 400, "title", "wrong_kind" },
        { "title", "[]", 400, "title", "wrong_kind" },
        { "title", @"""a\u0000b""", 400, "title", "invalid_string" },
        { "title", @"""\ud800""", 400, "title", "invalid_string" },
        { "title", "\"\"", 422, "title", "length" },
        { "title", Text(201), 422, "title", "length" },
        { "title", @"""a\u0007b""", 422, "title", "invisible_characters" },
        { "title", "\" a\"", 422, "title", "invisible_characters" },
        { "description", null, 400, "description", "missing_field" },
        { "description", "null", 400, "description", "null" },
        { "description", "{}", 400, "description", "wrong_kind" },
        { "description", Text(4001), 422, "description", "length" },
        { "description", @"""a\u0007b""", 422, "description", "invisible_characters" },
        { "startsAt", null, 400, "startsAt", "missing_field" },
        { "startsAt", "null", 400, "startsAt", "null" },
        { "startsAt", "1767225600", 400, "startsAt", "wrong_kind" },
        { "startsAt", "\"\"", 400, "startsAt", "wrong_kind" },
        { "startsAt", "\"2026-01-01T00:00:00\"", 400, "startsAt", "wrong_kind" },
        { "startsAt", "\"2026-02-30T00:00:00Z\"", 400, "startsAt", "wrong_kind" },
        { "startsAt", "\"0001-01-01T00:00:00Z\"", 422, "startsAt", "out_of_range" },
        { "startsAt", "\"9999-12-31T23:59:59Z\"", 422, "startsAt", "out_of_range" },
        { "startsAt", "\"9999-12-31T23:59:59-14:00\"", 400, "startsAt", "wrong_kind" },
        { "endsAt", null, 400, "endsAt", "missing_field" },
        { "endsAt", "null", 400, "endsAt", "null" },
        { "endsAt", "\"2026-01-01T00:00:00Z\"", 422, "endsAt", "end_before_start" },
        { "endsAt", "\"2025-12-31T00:00:00Z\"", 422, "endsAt", "end_before_start" },
        { "endsAt", "\"9999-12-31T23:59:59Z\"", 422, "endsAt", "out_of_range" },
        { "endsAt", "\"2036-01-02T00:00:00Z\"", 422, "endsAt", "period_too_long" },
        { "timeZone", null, 400, "timeZone", "missing_field" },
        { "timeZone", "null", 400, "timeZone", "null" },
        { "timeZone", "9", 400, "timeZone", "wrong_kind" },
        { "timeZone", "\"\"", 422, "timeZone", "unknown_zone" },
        { "timeZone", "\"Mars/Olympus\"", 422, "timeZone", "unknown_zone" },
        { "timeZone", "\"../etc/passwd\"", 422, "timeZone", "unknown_zone" },
        { "timeZone", Text(5000), 422, "timeZone", "unknown_zone" },
        { "dayStartsAt", "null", 400, "dayStartsAt", "null" },
        { "dayStartsAt", "5", 400, "dayStartsAt", "wrong_kind" },
        { "dayStartsAt", "\"25:00\"", 400, "dayStartsAt", "wrong_kind" },
        { "dayStartsAt", "\"5:00\"", 400, "dayStartsAt", "wrong_kind" },
        { "dayStartsAt", "\"05:07\"", 422, "dayStartsAt", "not_a_quarter_hour" },
        { "repeats", "null", 400, "repeats", "null" },
        { "repeats", "1", 400, "repeats", "wrong_kind" },
        { "repeats", "\"hourly\"", 400, "repeats", "wrong_kind" },
        { "claimWithinSeconds", "null", 400, "claimWithinSeconds", "null" },
        { "claimWithinSeconds", "\"60\"", 400, "claimWithinSeconds", "wrong_kind" },
        { "claimWithinSeconds", "1.5", 400, "claimWithinSeconds", "wrong_kind" },
        { "claimWithinSeconds", "1e400", 400, "claimWithinSeconds", "wrong_kind" },
        { "claimWithinSeconds", "-1", 422, "claimWithinSeconds", "out_of_range" },
        { "claimWithinSeconds", "31622401", 422, "claimWithinSeconds", "out_of_range" },
        { "condition", null, 400, "condition", "missing_field" },
        { "condition", "null", 400, "condition", "null" },
        { "condition", "[]", 400, "condition", "wrong_kind" },
        { "condition", "{}", 400, "condition.type", "unknown_kind" },
        { "condition", """{"type":null,"days":3}""", 400, "condition.type", "unknown_kind" },
        { "condition", """{"type":"dance","days":3}""", 400, "condition.type", "unknown_kind" },
        { "condition", """{"type":"attendance","days":3,"type":"quest"}""", 400, "condition.type", "duplicate_field" },
        { "condition.days", null, 400, "condition.days", "missing_field" },
        { "condition.days", "null", 400, "condition.days", "null" },
        { "condition.days", "\"3\"", 400, "condition.days", "wrong_kind" },
        { "condition.days", "1.5", 400, "condition.days", "wrong_kind" },
        { "condition.days", "1e400", 400, "condition.days", "wrong_kind" },
        { "condition.days", "0", 422, "condition.days", "out_of_range" },
        { "condition.days", "-1", 422, "condition.days", "out_of_range" },
        { "condition.days", "12", 422, "condition.days", "unreachable" },
        { "condition.grace", "1", 400, "condition.grace", "unknown_field" },
        { "condition.activity", "\"\"", 422, "condition.activity", "invalid_name" },
        { "condition.activity", Text(129), 422, "condition.activity", "invalid_name" },
        { "condition", """{"type":"streak","days":12}""", 422, "condition.days", "unreachable" },
        { "condition", """{"type":"quest","questId":""}""", 422, "condition.questId", "length" },
        { "condition", """{"type":"count","activity":"kill"}""", 400, "condition.atLeast", "missing_field" },
        { "condition", """{"type":"count","activity":"kill","atLeast":0}""", 422, "condition.atLeast", "out_of_range" },
        { "condition", """{"type":"count","activity":"kill","atLeast":-1}""", 422, "condition.atLeast", "out_of_range" },
        { "condition", """{"type":"sum","activity":"kill","atLeast":9007199254740992}""", 422, "condition.atLeast", "out_of_range" },
        { "condition", """{"type":"sum","activity":"kill","atLeast":1e400}""", 400, "condition.atLeast", "wrong_kind" },
        { "condition", """{"type":"distinct","activity":"kill","field":"map","atLeast":1001}""", 422, "condition.atLeast", "out_of_range" },
        { "condition", """{"type":"count","activity":"kill","atLeast":1,"where":{"map":{"eq":{"a":1}}}}""", 400, "condition.where.map.eq", "wrong_kind" },
        { "condition", """{"type":"count","activity":"kill","atLeast":1,"where":{"map":{"near":1}}}""", 400, "condition.where.map.near", "wrong_kind" },
        { "condition", """{"type":"count","activity":"kill","atLeast":1,"where":{"map":1e400}}""", 400, "condition.where.map", "wrong_kind" },
        { "condition", """{"type":"count","activity":"kill","atLeast":1,"where":{"map":null}}""", 400, "condition.where.map", "wrong_kind" },
        { "condition", """{"type":"count","activity":"kill","atLeast":1,"where":[]}""", 400, "condition.where", "wrong_kind" },
        { "condition", """{"type":"count","activity":"kill","atLeast":1,"where":{"map":"a\u0000"}}""", 400, "condition.where.map", "invalid_string" },
        { "condition", """{"type":"count","activity":"kill","atLeast":1,"where":{"map":1,"map":2}}""", 400, "condition.where.map", "duplicate_field" },
        { "condition", """{"type":"count","activity":"kill","atLeast":1,"where":{"map":{}}}""", 422, "condition.where.map", "empty_test" },
        { "condition", """{"type":"all"}""", 400, "condition.of", "missing_field" },
        { "condition", """{"type":"all","of":[]}""", 422, "condition.of", "no_children" },
        { "condition", """{"type":"any","of":[null]}""", 400, "condition.of[0]", "null" },
        { "condition", """{"type":"any","of":[{"type":"dance"}]}""", 400, "condition.of[0].type", "unknown_kind" },
        { "condition", $$"""{"type":"atLeast","n":0,"of":[{{SameLeaf}}]}""", 422, "condition.n", "out_of_range" },
        { "condition", $$"""{"type":"atLeast","n":2,"of":[{{SameLeaf}}]}""", 422, "condition.n", "out_of_range" },
        { "condition", $$"""{"type":"any","of":[{{SameLeaf}},{{SameLeaf}}]}""", 422, "condition.of[1]", "same_leaf_twice" },
        { "condition", $$"""{"type":"all","of":[{{string.Join(',', Enumerable.Range(0, 21).Select(Leaf))}}]}""", 422, "condition", "too_many_leaves" },
        { "condition", Nested(6), 422, "condition.of[0].of[0].of[0].of[0].of[0]", "too_deep" },
        { "condition", Nested(40), 400, "$", "syntax" },
        { "offers", "null", 400, "offers", "null" },
        { "offers", "{}", 400, "offers", "wrong_kind" },
        { "offers", "[null]", 400, "offers[0]", "null" },
        { "offers[0]", "{}", 400, "offers[0].rewardId", "missing_field" },
        { "offers[0].rewardId", "null", 400, "offers[0].rewardId", "null" },
        { "offers[0].rewardId", "\"a reward\"", 400, "offers[0].rewardId", "wrong_kind" },
        { "offers[0].rewardId", "\"00000000-0000-0000-0000-000000000000\"", 422, "offers[0].rewardId", "unknown_reward" },
        { "offers[0].stock", "0", 422, "offers[0].stock", "out_of_range" },
        { "offers[0].stock", "-1", 422, "offers[0].stock", "out_of_range" },
        { "offers[0].stock", "9007199254740992", 422, "offers[0].stock", "out_of_range" },
        { "offers[0].stock", "1.5", 400, "offers[0].stock", "wrong_kind" },
        { "offers[0].requiresApproval", "\"yes\"", 400, "offers[0].requiresApproval", "wrong_kind" },
        { "offers[0].price", "1", 400, "offers[0].price", "unknown_field" },
        { "offers[0].condition", """{"type":"streak","days":0}""", 422, "offers[0].condition.days", "out_of_range" },
        { "offers[0].condition", """{"type":"dance"}""", 400, "offers[0].condition.type", "unknown_kind" },
        { "status", "\"active\"", 400, "status", "unknown_field" },
        { "Title", "\"A title\"", 400, "Title", "unknown_field" },
        { "$", "[]", 400, "$", "wrong_kind" },
        { "$", "{", 400, "$", "syntax" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_bad_event_is_refused_by_what_is_wrong_with_it(string path, string? json, int status, string at, string code)
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var good = await Good(@operator);
        var before = await Stored();

        (await @operator.Send(HttpMethod.Post, "/v1/events", GoodBody.With(good, path, json)))
            .Refused(status, status == 400 ? "malformed_body" : "rule_broken").Because(at, code);
        Assert.Equal(before, await Stored());
    }

    /// <summary>The same in a patch, where a whole field is what changes, may be left away, and may be null if it is optional.</summary>
    public static TheoryData<string, string, int, string, string> Patches =>
    [
        .. from row in Changes
           let change = row.Data
           where change.Item2 is not null && !change.Item1.StartsWith("offers", StringComparison.Ordinal) && !change.Item1.Contains('.', StringComparison.Ordinal)
           where change is not ("dayStartsAt" or "repeats" or "claimWithinSeconds", "null", _, _, _)
           select (change.Item1, change.Item2!, change.Item3, change.Item4, change.Item5),
    ];

    [Theory]
    [MemberData(nameof(Patches))]
    public async Task What_no_event_may_be_no_event_becomes(string path, string json, int status, string at, string code)
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = (await @operator.Post("/v1/events", await Good(@operator))).Is(201).Field("id");
        var before = await Stored();

        (await @operator.Send(HttpMethod.Patch, $"/v1/events/{id}", GoodBody.With(new JsonObject(), path, json)))
            .Refused(status, status == 400 ? "malformed_body" : "rule_broken").Because(at, code);
        Assert.Equal(before, await Stored());
    }

    [Fact]
    public async Task More_than_fifty_offers_are_refused()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var offers = new List<object>();
        for (var number = 0; number < 51; number++)
            offers.Add(new { rewardId = await @operator.CreatesReward() });
        var before = await Stored();

        (await @operator.Post("/v1/events", app.Draft() with { Offers = offers })).Refused(422, "rule_broken").Because("offers", "too_many");
        Assert.Equal(before, await Stored());
        (await @operator.Post("/v1/events", app.Draft() with { Offers = offers[..50] })).Is(201);
    }

    [Fact]
    public async Task The_same_reward_twice_is_refused()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var reward = await @operator.CreatesReward();
        var before = await Stored();

        (await @operator.Post("/v1/events", app.Draft() with { Offers = [new { rewardId = reward }, new { rewardId = reward }] }))
            .Refused(409, "reward_already_offered");
        Assert.Equal(before, await Stored());
    }

    [Fact]
    public async Task A_player_defines_nothing()
    {
        var (@operator, player) = ((await app.SignedIn(Role.Operator)).Api, (await app.SignedIn()).Api);
        var good = await Good(@operator);
        var id = (await @operator.Post("/v1/events", good)).Is(201).Field("id");
        var before = await Stored();

        (await player.Post("/v1/events", good)).Refused(403, "forbidden");
        (await player.Patch($"/v1/events/{id}", new { title = "Mine" })).Refused(403, "forbidden");
        (await player.Activates(id)).Refused(403, "forbidden");
        (await player.Delete($"/v1/events/{id}")).Refused(403, "forbidden");
        (await player.Post($"/v1/events/{id}/offers", new { rewardId = Guid.Empty })).Refused(403, "forbidden");
        (await player.Post("/v1/rewards", new { name = "Mine", contents = new[] { new { type = "points", amount = 1 } } })).Refused(403, "forbidden");
        Assert.Equal(before, await Stored());
    }

    /// <summary>Ten days in Seoul.</summary>
    private static async Task<JsonNode> Good(Api @operator) => JsonSerializer.SerializeToNode(
        new DraftEvent(Day(1), Day(11), Goal.Attendance(3))
        {
            DayStartsAt = "05:00",
            Repeats = "once",
            ClaimWithinSeconds = 3600,
            Offers = [new { rewardId = await @operator.CreatesReward(), stock = 10 }],
        },
        JsonRules.Options)!;

    private static DateTimeOffset Day(int day) => new(2026, 1, day, 0, 0, 0, TimeSpan.Zero);

    private static string Text(int length) => $"\"{new string('x', length)}\"";

    private static string Leaf(int number) => $$"""{"type":"count","activity":"kill","atLeast":{{number + 1}}}""";

    /// <summary>So many combinators around one leaf.</summary>
    private static string Nested(int depth) =>
        string.Concat(Enumerable.Repeat("""{"type":"all","of":[""", depth)) + SameLeaf + string.Concat(Enumerable.Repeat("]}", depth));

    /// <summary>All that a refused request could have left behind.</summary>
    private Task<string?> Stored() => app.Events.QueryOne(
        """
        SELECT concat_ws(
            ' ', (SELECT version FROM catalog), (SELECT count(*) FROM events), (SELECT sum(version) FROM events),
            (SELECT count(*) FROM event_versions), (SELECT count(*) FROM offers), (SELECT count(*) FROM rewards), (SELECT count(*) FROM jobs))
        """,
        row => row.GetString(0), [], TestContext.Current.CancellationToken);
}
