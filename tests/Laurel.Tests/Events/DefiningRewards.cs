using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events;

public sealed class DefiningRewards(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string Good =
        """
        {"name":"보물","contents":[{"type":"points","amount":9007199254740991},{"type":"item","itemId":"sword","name":"Sword","quantity":2},
         {"type":"coupon","pool":"summer"},{"type":"badge","badgeId":"gold"},
         {"type":"custom","data":{"z":[1,{"b":null,"a":true}],"a":"x\\u0000","n":0.10,"한":"글"}}],"stock":0}
        """;

    [Fact]
    public async Task A_reward_has_contents_of_every_kind_as_they_were_sent()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var made = (await @operator.Send(HttpMethod.Post, "/v1/rewards", GoodBody.With(JsonNode.Parse(Good)!, "$", Good))).Is(201);

        Assert.Equal(("\"1\"", "보물", "0", "1"), (made.Headers.ETag!.Tag, made.Field("name"), made.Field("stock"), made.Field("version")));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Good)!["contents"], made.Json["contents"]), made.Text);
        Assert.Equal(made.Text, (await (await app.SignedIn(Role.Auditor)).Api.Get($"/v1/rewards/{made.Field("id")}")).Is(200).Text);
    }

    [Fact]
    public async Task A_reward_is_changed_by_whoever_saw_its_version()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var path = $"/v1/rewards/{await @operator.CreatesReward()}";

        var changed = (await @operator.Patches(path, new { name = "Another", stock = 7 }, "\"1\"")).Is(200);
        Assert.Equal(("\"2\"", "Another", "7"), (changed.Headers.ETag!.Tag, changed.Field("name"), changed.Field("stock")));
        (await @operator.Patches(path, new { name = "Late" }, "\"1\"")).Refused(412, "version_mismatch");
        Assert.Equal("2", (await @operator.Patches(path, new { name = "Another" }, "\"2\"")).Is(200).Field("version"));
        var without = (await @operator.Send(HttpMethod.Patch, path, GoodBody.With(new JsonObject(), "stock", "null"))).Is(200);
        Assert.Null(without.Json["stock"]);
        var contents = (await @operator.Patches(path, new { contents = new[] { new { type = "badge", badgeId = "gold" } } })).Is(200);
        Assert.Equal("""[{"type":"badge","badgeId":"gold"}]""", contents.Json["contents"]!.ToJsonString());
        (await @operator.Patches(path, new { })).Refused(422, "rule_broken").Because("$", "nothing_to_change");
        (await @operator.Patches($"/v1/rewards/{Guid.Empty}", new { name = "Nobody's" })).Refused(404, "not_found");
        (await @operator.Get($"/v1/rewards/{Guid.Empty}")).Refused(404, "not_found");
    }

    [Fact]
    public async Task An_event_shows_what_its_reward_is_now()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var reward = await @operator.CreatesReward();
        var id = await @operator.Runs(app.Draft() with { Offers = [new { rewardId = reward }] });

        (await @operator.Patches($"/v1/rewards/{reward}", new { contents = new[] { new { type = "points", amount = 25 } } })).Is(200);
        Assert.Equal("25", (await @operator.Get($"/v1/events/{id}")).Is(200).Json["offers"]![0]!["contents"]![0]!["amount"]!.ToString());
    }

    [Fact]
    public async Task Rewards_are_listed_by_kind_and_name()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var points = await Named("List_1", new { type = "points", amount = 1 });
        var both = await Named("List_2", new { type = "badge", badgeId = "gold" }, new { type = "points", amount = 1 });
        var badge = await Named("Listed 3", new { type = "badge", badgeId = "points" });

        Assert.Equal([both, points], await Listed("q=list_&type=points"));
        Assert.Equal([badge, both], await Listed("q=LIST&type=badge"));
        Assert.Equal([badge, both, points], await Listed("q=List"));
        Assert.Empty(await Listed("q=List&type=coupon"));
        (await @operator.Get("/v1/rewards?type=money")).Refused(400, "bad_query").Because("type", "bad_value");
        Assert.NotNull((await @operator.Get("/v1/rewards?limit=1")).Is(200).Json["nextCursor"]);

        async Task<string> Named(string name, params object[] contents) => (await @operator.Post("/v1/rewards", new { name, contents })).Is(201).Field("id");

        async Task<List<string>> Listed(string query) =>
            [.. (await @operator.Get($"/v1/rewards?{query}")).Is(200).Json["items"]!.AsArray().Select(reward => reward!["id"]!.GetValue<string>())];
    }

    public static TheoryData<string, string?, int, string, string> Changes => new()
    {
        { "name", null, 400, "name", "missing_field" },
        { "name", "null", 400, "name", "null" },
        { "name", "[]", 400, "name", "wrong_kind" },
        { "name", "\"\"", 422, "name", "length" },
        { "name", $"\"{new string('x', 201)}\"", 422, "name", "length" },
        { "name", @"""a\u001bb""", 422, "name", "invisible_characters" },
        { "contents", null, 400, "contents", "missing_field" },
        { "contents", "null", 400, "contents", "null" },
        { "contents", "{}", 400, "contents", "wrong_kind" },
        { "contents", "[]", 422, "contents", "count" },
        { "contents", $"[{string.Join(',', Enumerable.Repeat("""{"type":"points","amount":1}""", 21))}]", 422, "contents", "count" },
        { "contents[0]", "null", 400, "contents[0]", "null" },
        { "contents[0]", "{}", 400, "contents[0].type", "unknown_kind" },
        { "contents[0]", """{"type":"money","amount":1}""", 400, "contents[0].type", "unknown_kind" },
        { "contents[0].amount", null, 400, "contents[0].amount", "missing_field" },
        { "contents[0].amount", "\"1\"", 400, "contents[0].amount", "wrong_kind" },
        { "contents[0].amount", "1.5", 400, "contents[0].amount", "wrong_kind" },
        { "contents[0].amount", "1e400", 400, "contents[0].amount", "wrong_kind" },
        { "contents[0].amount", "0", 422, "contents[0].amount", "out_of_range" },
        { "contents[0].amount", "-1", 422, "contents[0].amount", "out_of_range" },
        { "contents[0].amount", "9007199254740992", 422, "contents[0].amount", "out_of_range" },
        { "contents[0].pool", "\"x\"", 400, "contents[0].pool", "unknown_field" },
        { "contents[1].itemId", "\"\"", 422, "contents[1].itemId", "length" },
        { "contents[1].itemId", $"\"{new string('x', 129)}\"", 422, "contents[1].itemId", "length" },
        { "contents[1].name", null, 400, "contents[1].name", "missing_field" },
        { "contents[1].quantity", "0", 422, "contents[1].quantity", "out_of_range" },
        { "contents[2].pool", "null", 400, "contents[2].pool", "null" },
        { "contents[2].pool", @"""a\nb""", 422, "contents[2].pool", "invisible_characters" },
        { "contents[3].badgeId", "{}", 400, "contents[3].badgeId", "wrong_kind" },
        { "contents[4].data", null, 400, "contents[4].data", "missing_field" },
        { "contents[4].data", "null", 400, "contents[4].data", "null" },
        { "contents[4].data", "[]", 400, "contents[4].data", "wrong_kind" },
        { "contents[4].data", "\"x\"", 400, "contents[4].data", "wrong_kind" },
        { "contents[4].data", """{"a":1,"a":2}""", 400, "contents[4].data.a", "duplicate_field" },
        { "contents[4].data", @"{""a"":[""\u0000""]}", 400, "contents[4].data.a[0]", "invalid_string" },
        { "contents[4].data", @"{""\u0000"":1}", 400, "contents[4].data", "invalid_string" },
        { "contents[4].data", @"{""a"":""\ud800""}", 400, "contents[4].data.a", "invalid_string" },
        { "contents[4].data", """{"a":1e400}""", 400, "contents[4].data", "wrong_kind" },
        { "contents[4].data", $$"""{"a":"{{new string('x', 4090)}}"}""", 422, "contents[4].data", "too_large" },
        { "contents[4].data", string.Concat(Enumerable.Repeat("""{"a":""", 40)) + "1" + new string('}', 40), 400, "$", "syntax" },
        { "stock", "-1", 422, "stock", "out_of_range" },
        { "stock", "9007199254740992", 422, "stock", "out_of_range" },
        { "stock", "1.5", 400, "stock", "wrong_kind" },
        { "id", "1", 400, "id", "unknown_field" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_bad_reward_is_refused_by_what_is_wrong_with_it(string path, string? json, int status, string at, string code)
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var good = JsonNode.Parse(Good)!;
        var before = await Stored();

        (await @operator.Send(HttpMethod.Post, "/v1/rewards", GoodBody.With(good, path, json)))
            .Refused(status, status == 400 ? "malformed_body" : "rule_broken").Because(at, code);
        Assert.Equal(before, await Stored());
    }

    private Task<long> Stored() =>
        app.Events.QueryOne("SELECT count(*) FROM rewards", row => row.GetInt64(0), [], TestContext.Current.CancellationToken);
}
