using System.Text;
using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events;

/// <summary>A body that holds no activities is refused as a whole, and nothing of it is stored.</summary>
public sealed class BadActivities(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string Good = """{"userId": "u", "type": "kill", "id": "1", "occurredAt": "2026-01-01T00:00:00Z", "value": 1, "attributes": {"map": 1}}""";

    public static TheoryData<string, string, string, string> Bodies => new()
    {
        { "userId", "remove", "userId", "missing_field" },
        { "userId", "null", "userId", "null" },
        { "userId", "1", "userId", "wrong_kind" },
        { "userId", "\"\"", "userId", "invalid_id" },
        { "userId", Text(129), "userId", "invalid_id" },
        { "userId", "\"a\\u0007b\"", "userId", "invalid_id" },
        { "userId", "\"a\\u0000b\"", "userId", "invalid_string" },
        { "userId", "\"\\ud800\"", "userId", "invalid_string" },
        { "id", Text(129), "id", "invalid_id" },
        { "id", "\"\"", "id", "invalid_id" },
        { "id", "7", "id", "wrong_kind" },
        { "occurredAt", "remove", "occurredAt", "missing_field" },
        { "occurredAt", "null", "occurredAt", "missing_field" },
        { "occurredAt", "\"yesterday\"", "occurredAt", "wrong_kind" },
        { "occurredAt", "\"2026-01-01T00:00:00\"", "occurredAt", "wrong_kind" },
        { "occurredAt", "1767225600", "occurredAt", "wrong_kind" },
        { "type", "remove", "type", "missing_field" },
        { "type", "null", "type", "null" },
        { "type", "\"\"", "type", "invalid_name" },
        { "type", Text(65), "type", "invalid_name" },
        { "type", "\"two words\"", "type", "invalid_name" },
        { "value", "-1", "value", "out_of_range" },
        { "value", "9007199254740992", "value", "out_of_range" },
        { "value", "1.5", "value", "wrong_kind" },
        { "value", "1e400", "value", "wrong_kind" },
        { "value", "99999999999999999999", "value", "wrong_kind" },
        { "value", "\"1\"", "value", "wrong_kind" },
        { "value", "true", "value", "wrong_kind" },
        { "attributes", "[]", "attributes", "wrong_kind" },
        { "attributes", "\"map\"", "attributes", "wrong_kind" },
        { "attributes", """{"map": {"x": 1}}""", "attributes.map", "wrong_kind" },
        { "attributes", """{"map": [1]}""", "attributes.map", "wrong_kind" },
        { "attributes", """{"map": null}""", "attributes.map", "wrong_kind" },
        { "attributes", """{"map": 1e400}""", "attributes.map", "wrong_kind" },
        { "attributes", """{"map": 1, "map": 2}""", "attributes.map", "duplicate_field" },
        { "attributes", """{"": 1}""", "attributes", "invalid_name" },
        { "attributes", $$"""{"map": {{Text(257)}}}""", "attributes.map", "too_long" },
        { "attributes", $$"""{{{string.Join(',', Enumerable.Range(0, 40).Select(i => $"\"a{i}\": {Text(250)}"))}}}""", "attributes", "too_many" },
        { "nickname", "\"x\"", "nickname", "unknown_field" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Is_refused_with_the_path_of_the_fault(string field, string value, string path, string code)
    {
        var before = await Stored();
        var bad = Changed(field, value);

        (await Send(bad)).Refused(400, "malformed_body").Because(path, code);
        (await Send($"[{Good}, {bad}]")).Refused(400, "malformed_body").Because($"[1].{path}", code);
        Assert.Equal(before, await Stored());
    }

    [Theory]
    [InlineData("", "$", "empty")]
    [InlineData("[]", "$", "out_of_range")]
    [InlineData("null", "$", "null")]
    [InlineData("7", "$", "wrong_kind")]
    [InlineData("[1]", "[0]", "wrong_kind")]
    [InlineData("[[]]", "[0]", "wrong_kind")]
    [InlineData("[null]", "[0]", "null")]
    [InlineData("{", "$", "syntax")]
    public async Task Is_refused_where_it_is_neither_an_activity_nor_a_list_of_some(string body, string path, string code) =>
        (await Send(body)).Refused(400, "malformed_body").Because(path, code);

    [Fact]
    public async Task A_list_holds_a_thousand_at_most()
    {
        var before = await Stored();
        (await Send($"[{string.Join(',', Enumerable.Repeat(Good, 1_001))}]")).Refused(400, "malformed_body").Because("$", "out_of_range");
        Assert.Equal(before, await Stored());
    }

    [Fact]
    public async Task A_body_of_more_than_a_megabyte_is_not_read() =>
        (await Send($"[{string.Join(',', Enumerable.Repeat(Good, 10_000))}]")).Refused(413, "body_too_large");

    [Fact]
    public async Task What_is_too_old_or_in_the_future_is_refused_alone()
    {
        var user = Playing.NewUser();
        var now = app.Clock.GetUtcNow();
        var answer = await app.GameServer().Reports(
            Playing.Did(user, "walk", now.AddDays(-7).AddMinutes(-1)),
            Playing.Did(user, "walk", now.AddDays(-7).AddMinutes(1)),
            Playing.Did(user, "walk", now.AddMinutes(5).AddMinutes(-1)),
            Playing.Did(user, "walk", now.AddMinutes(5).AddMinutes(1)));

        Assert.Equal(["refused activity_too_old", "accepted", "accepted", "refused activity_in_the_future"], answer.Outcomes());
        Assert.Equal(2, answer.Json["accepted"]!.GetValue<int>());
        Assert.Equal(2, answer.Json["refused"]!.GetValue<int>());
    }

    [Fact]
    public async Task What_may_just_be_is_taken()
    {
        var now = app.Clock.GetUtcNow();
        var answer = await app.GameServer().Reports(
            Playing.Did(new string('u', 128), "walk", now, new string('i', 128), value: (1L << 53) - 1, attributes: new { text = new string('가', 256), yes = true, half = 0.5 }),
            Playing.Did("사용자 \"1\" \\ 💎", "walk", now, "' OR 1=1 --", value: 0));
        Assert.Equal(["accepted", "accepted"], answer.Outcomes());

        var anonymous = (await app.GameServer().Post("/v1/activities", new { userId = "u", type = "walk" })).Is(200);
        Assert.NotEmpty(anonymous.Json["results"]![0]!["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Only_a_service_with_the_scope_may_report()
    {
        var body = Playing.Did("u", "kill", app.Clock.GetUtcNow());
        (await app.Anonymous.Post("/v1/activities", body)).Refused(401, "unauthenticated");
        (await (await app.SignedIn()).Api.Post("/v1/activities", body)).Refused(403, "forbidden");
        (await (await app.SignedIn(Role.Operator)).Api.Post("/v1/activities", body)).Refused(403, "forbidden");
        (await app.Anonymous.As(app.ServiceToken(Scopes.DeliveriesWrite)).Post("/v1/activities", body)).Refused(403, "forbidden");
    }

    private async Task<long> Stored() => await app.Events.QueryOne("SELECT count(*) FROM activities", row => row.GetInt64(0), [], TestContext.Current.CancellationToken);

    private Task<Answer> Send(string body) =>
        app.GameServer().Send(HttpMethod.Post, "/v1/activities", new StringContent(body, Encoding.UTF8, "application/json"));

    private static string Changed(string field, string value)
    {
        var json = JsonNode.Parse(Good)!.AsObject();
        json.Remove(field);
        var rest = json.ToJsonString();
        return value == "remove" ? rest : $"{rest[..^1]}, \"{field}\": {value}}}";
    }

    private static string Text(int length) => $"\"{new string('x', length)}\"";
}
