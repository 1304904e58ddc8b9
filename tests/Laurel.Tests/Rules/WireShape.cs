using System.Text;
using System.Text.Json;
using Laurel.Platform.Http;
using Laurel.Rules;

namespace Laurel.Tests.Rules;

/// <summary>What conditions and attributes look like in JSON, and that what they may not look like is named with its path.</summary>
public sealed class WireShape
{
    public sealed record EventBody(string Title, Condition Condition, IReadOnlyList<OfferBody> Offers);

    public sealed record OfferBody(Condition? Condition = null);

    public sealed record ActivityBody(string Type, Attributes? Attributes = null);

    public static TheoryData<string, Condition> Conditions => new()
    {
        { """{"type":"attendance","days":7,"activity":"check_in"}""", new Attendance(7) },
        { """{"type":"streak","days":7,"grace":1,"activity":"login"}""", new Streak(7, 1, "login") },
        { """{"type":"session_time","seconds":3600}""", new SessionTime(3_600) },
        { """{"type":"quest","questId":"first"}""", new Quest("first") },
        { """{"type":"count","activity":"hunt","atLeast":100}""", new Count("hunt", 100) },
        { """{"type":"sum","activity":"hunt","where":{"map":"숲"},"atLeast":100}""", new Sum("hunt", 100, Where.Equal("map", "숲")) },
        { """{"type":"max","activity":"hunt","where":{"solo":true},"atLeast":100}""", new Max("hunt", 100, Where.Equal("solo", true)) },
        {
            """{"type":"distinct","activity":"hunt","where":{"level":{"gte":1.5,"lte":10},"map":{"in":["desert","forest"]}},"field":"monster","atLeast":5}""",
            new Distinct("hunt", "monster", 5, new Where(
                KeyValuePair.Create("map", new Test(@in: ["forest", "desert"])), KeyValuePair.Create("level", new Test(gte: 1.5m, lte: 10))))
        },
        {
            """{"type":"all","of":[{"type":"any","of":[{"type":"quest","questId":"a"}]},{"type":"atLeast","n":1,"of":[{"type":"quest","questId":"b"}]}]}""",
            new All([new Any([new Quest("a")]), new AtLeast(1, [new Quest("b")])])
        },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void A_condition_is_written_and_read_so(string json, Condition condition)
    {
        Assert.Equal(json, JsonSerializer.Serialize(condition, JsonRules.Options));
        Assert.Equal(condition, JsonSerializer.Deserialize<Condition>(json, JsonRules.Options));
    }

    [Theory]
    [InlineData("""{"days":7,"type":"attendance"}""", """{"type":"attendance","days":7,"activity":"check_in"}""")]
    [InlineData("""{"type":"streak","days":7}""", """{"type":"streak","days":7,"grace":0,"activity":"check_in"}""")]
    [InlineData("""{"type":"count","activity":"a","atLeast":1,"where":{}}""", """{"type":"count","activity":"a","atLeast":1}""")]
    [InlineData("""{"type":"count","activity":"a","atLeast":1,"where":{"b":{"eq":1.0},"a":1e2}}""", """{"type":"count","activity":"a","where":{"a":100,"b":1},"atLeast":1}""")]
    [InlineData("""{"type":"count","activity":"a","atLeast":1,"where":{"b":{"in":[3,1,1.0,"x",true]}}}""", """{"type":"count","activity":"a","where":{"b":{"in":[true,1,3,"x"]}},"atLeast":1}""")]
    [InlineData("""{"type":"count","activity":"a","atLeast":1,"where":{"b":{"in":["x"]}}}""", """{"type":"count","activity":"a","where":{"b":"x"},"atLeast":1}""")]
    public void Several_spellings_are_one_condition(string json, string canonical)
    {
        var condition = JsonSerializer.Deserialize<Condition>(json, JsonRules.Options)!;

        Assert.Equal(canonical, JsonSerializer.Serialize(condition, JsonRules.Options));
        Assert.Equal(condition, JsonSerializer.Deserialize<Condition>(canonical, JsonRules.Options));
    }

    public static TheoryData<string, string, string> Faults => new()
    {
        { """{"type":"hunting","days":7}""", "condition.type", "unknown_kind" },
        { """{"days":7}""", "condition.type", "unknown_kind" },
        { """{"type":7,"days":7}""", "condition.type", "unknown_kind" },
        { """{"type":"Attendance","days":7}""", "condition.type", "unknown_kind" },
        { """[]""", "condition", "wrong_kind" },
        { """null""", "condition", "null" },
        { """{"type":"attendance"}""", "condition.days", "missing_field" },
        { """{"type":"attendance","days":null}""", "condition.days", "null" },
        { """{"type":"attendance","days":"7"}""", "condition.days", "wrong_kind" },
        { """{"type":"attendance","days":1.5}""", "condition.days", "wrong_kind" },
        { """{"type":"attendance","days":1e400}""", "condition.days", "wrong_kind" },
        { """{"type":"attendance","days":99999999999}""", "condition.days", "wrong_kind" },
        { """{"type":"attendance","days":7,"activity":null}""", "condition.activity", "null" },
        { """{"type":"attendance","days":7,"Days":7}""", "condition.Days", "unknown_field" },
        { """{"type":"attendance","days":7,"days":7}""", "condition.days", "duplicate_field" },
        { """{"type":"attendance","type":"attendance","days":7}""", "condition.type", "duplicate_field" },
        { """{"type":"attendance","days":7,"measure":{}}""", "condition.measure", "unknown_field" },
        { """{"type":"attendance","days":7,"target":7}""", "condition.target", "unknown_field" },
        { """{"type":"attendance","days":7,"where":{}}""", "condition.where", "unknown_field" },
        { """{"type":"count","activity":"a","atLeast":1e400}""", "condition.atLeast", "wrong_kind" },
        { """{"type":"count","activity":"a","atLeast":99999999999999999999}""", "condition.atLeast", "wrong_kind" },
        { """{"type":"count","activity":7,"atLeast":1}""", "condition.activity", "wrong_kind" },
        { """{"type":"distinct","activity":"a","atLeast":1}""", "condition.field", "missing_field" },
        { """{"type":"all"}""", "condition.of", "missing_field" },
        { """{"type":"all","of":{}}""", "condition.of", "wrong_kind" },
        { """{"type":"all","of":[null]}""", "condition.of[0]", "null" },
        { """{"type":"all","of":[{"type":"quest","questId":"a"},{"type":"any","of":[{"type":"streak"}]}]}""", "condition.of[1].of[0].days", "missing_field" },
        { """{"type":"all","of":[{"days":1}]}""", "condition.of[0].type", "unknown_kind" },
        { """{"type":"atLeast","of":[]}""", "condition.n", "missing_field" },
        { """{"type":"count","activity":"a","atLeast":1,"where":7}""", "condition.where", "wrong_kind" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"map":null}}""", "condition.where.map", "wrong_kind" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"map":[1]}}""", "condition.where.map", "wrong_kind" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"map":{"like":"a"}}}""", "condition.where.map.like", "wrong_kind" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"map":{"eq":{"x":1}}}}""", "condition.where.map.eq", "wrong_kind" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"map":{"in":"a"}}}""", "condition.where.map.in", "wrong_kind" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"map":{"in":["a",{}]}}}""", "condition.where.map.in[1]", "wrong_kind" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"map":{"gte":"3"}}}""", "condition.where.map.gte", "wrong_kind" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"map":{"gte":1e400}}}""", "condition.where.map.gte", "wrong_kind" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"map":{"eq":1,"eq":2}}}""", "condition.where.map.eq", "duplicate_field" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"map":1,"map":2}}""", "condition.where.map", "duplicate_field" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"map":"\u0000"}}""", "condition.where.map", "invalid_string" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"map":"\ud800"}}""", "condition.where.map", "invalid_string" },
        { """{"type":"count","activity":"a","atLeast":1,"where":{"\ud800":1}}""", "condition.where", "invalid_string" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_is_refused_with_its_path_wherever_the_condition_stands(string condition, string path, string code)
    {
        Refused<EventBody>($$"""{"title":"x","condition":{{condition}},"offers":[]}""", path, code);
        if (condition != "null")
            Refused<EventBody>($$"""{"title":"x","condition":{"type":"quest","questId":"a"},"offers":[{},{"condition":{{condition}}}]}""", "offers[1]." + path, code);
    }

    [Theory]
    [InlineData("""{"level":{"deep":1}}""", "attributes.level", "wrong_kind")]
    [InlineData("""{"level":[1]}""", "attributes.level", "wrong_kind")]
    [InlineData("""{"level":null}""", "attributes.level", "wrong_kind")]
    [InlineData("""{"level":1e400}""", "attributes.level", "wrong_kind")]
    [InlineData("""{"level":1,"level":1}""", "attributes.level", "duplicate_field")]
    [InlineData("""{"level":"a\u0000"}""", "attributes.level", "invalid_string")]
    [InlineData("""[]""", "attributes", "wrong_kind")]
    [InlineData("""7""", "attributes", "wrong_kind")]
    public void Attributes_are_scalars(string attributes, string path, string code)
    {
        Refused<ActivityBody>($$"""{"type":"hunt","attributes":{{attributes}}}""", path, code);
    }

    [Fact]
    public void Attributes_have_one_text_whatever_way_they_were_written()
    {
        var attributes = JsonSerializer.Deserialize<Attributes>("""{"map": "숲 \"1\"", "level": 1.50e1, "solo": true, "b": -0.0}""", JsonRules.Options)!;

        Assert.Equal("""{"b":0,"level":15,"map":"숲 \"1\"","solo":true}""", attributes.ToJson());
        Assert.Equal(attributes.ToJson(), JsonSerializer.Serialize(attributes, JsonRules.Options));
        Assert.Equal(attributes, Attributes.Parse(attributes.ToJson()));
        Assert.Equal(attributes.GetHashCode(), Attributes.Parse(attributes.ToJson()).GetHashCode());
        Assert.Equal("{}", Attributes.None.ToJson());
        Assert.ThrowsAny<JsonException>(() => Attributes.Parse("""{"a":1}{}"""));
        Assert.ThrowsAny<JsonException>(() => Attributes.Parse(""));
    }

    [Fact]
    public void Numbers_keep_their_digits_and_what_has_too_many_is_rounded_alike_everywhere()
    {
        Assert.Equal("""{"a":79228162514264337593543950335}""", Attributes.Parse("""{"a":79228162514264337593543950335}""").ToJson());
        Assert.Equal("""{"a":0.1234567890123456789012345678}""", Attributes.Parse("""{"a":0.12345678901234567890123456780}""").ToJson());
        Assert.Equal(Attributes.Parse("""{"a":1e-400}"""), Attributes.Parse("""{"a":0}"""));
    }

    private static void Refused<T>(string json, string path, string code)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var refused = Assert.Throws<ProblemException>(() => JsonBody.Parse<T>(bytes));

        Assert.Equal(Errors.MalformedBody, refused.Problem.Error);
        Assert.Equal((path, code), refused.Problem.Fields!.Select(field => (field.Path, field.Code)).Single());
        Assert.All(refused.Problem.Fields!, field => Assert.False(field.Message.Contains("Laurel", StringComparison.Ordinal), field.Message));
    }
}
