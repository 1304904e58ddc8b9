using System.Text;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Coupons;

/// <summary>Files of codes, good and bad.</summary>
public sealed class UploadingCodes(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Api _operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));

    public static TheoryData<string> GoodFiles => new()
    {
        "AAAA\nBBBB\nCCCC",
        "AAAA\r\nBBBB\r\n\r\nCCCC\r\n",
        "AAAA\rBBBB\rCCCC\r",
        "\uFEFFcode,expiresAt\r\nAAAA,\r\nBBBB,2099-01-01T00:00:00Z\r\nCCCC,2099-01-01T09:00:00+09:00",
        "Code,expires_at\nAAAA\nBBBB\nCCCC",
        "code\n\"AAAA\"\n\"BBBB\",\"2099-01-01T00:00:00Z\"\n\"CCCC\"",
    };

    public static TheoryData<string, string, string> BadFiles => new()
    {
        { "", "$", "count" },
        { "\r\n\r\n", "$", "count" },
        { "code,expiresAt\n", "$", "count" },
        { "GOOD\nGOOD2,2020-01-01T00:00:00Z", "lines[2].expiresAt", "expired" },
        { "GOOD\nGOOD2,tomorrow", "lines[2].expiresAt", "bad_time" },
        { "GOOD\nGOOD2,2099-01-01", "lines[2].expiresAt", "bad_time" },
        { "GOOD\n\nA,2099-01-01T00:00:00Z,x", "lines[3]", "columns" },
        { "GOOD" + new string(',', 1_000_000), "lines[1]", "columns" },
        { "GOOD\n" + new string('x', 129), "lines[2].code", "length" },
        { "GOOD\n,2099-01-01T00:00:00Z", "lines[2].code", "length" },
        { "GOOD\n\"\"", "lines[2].code", "length" },
        { "GOOD\n BAD", "lines[2].code", "invisible_characters" },
        { "GOOD\nA\u0000B", "lines[2].code", "invisible_characters" },
        { "GOOD\nA\u200BB", "lines[2].code", "invisible_characters" },
        { "GOOD\n\"A\nB\"", "lines[2].code", "invisible_characters" },
        { "GOOD\n\"A\nB\",,\nBAD,x", "lines[4].expiresAt", "bad_time" },
        { "GOOD\nA\"B", "lines[2]", "quotes" },
        { "GOOD\n\"A\"B", "lines[2]", "quotes" },
        { "GOOD\n\"A", "lines[2]", "quotes" },
    };

    [Theory]
    [MemberData(nameof(GoodFiles))]
    public async Task However_a_file_is_written_it_is_the_same_codes(string file)
    {
        var reward = await NewReward();
        var answer = (await _operator.Uploads(reward, file)).Is(200);
        Assert.Equal("3 0 3 3", $"{answer.Json["added"]} {answer.Json["duplicateCount"]} {answer.Json["total"]} {answer.Json["free"]}");
        Assert.Equal((3, 3, 0, 0), (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted());
        await Pools.AreSound(app.Events);
    }

    [Theory]
    [MemberData(nameof(BadFiles))]
    public async Task Of_a_bad_file_nothing_is_stored(string file, string path, string code)
    {
        var reward = await NewReward();
        (await _operator.Uploads(reward, file)).Refused(422, "rule_broken").Because(path, code);
        Assert.Equal((0, 0, 0, 0), (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted());
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x41, 0x00, 0x0A, 0x00 })]
    [InlineData(new byte[] { 0x47, 0x4F, 0x4F, 0x44, 0x0A, 0xC3 })]
    [InlineData(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A })]
    public async Task What_is_no_text_is_refused(byte[] file)
    {
        var reward = await NewReward();
        (await _operator.Uploads(reward, file)).Refused(400, "malformed_body").Because("$", "invalid_utf8");
        Assert.Equal((0, 0, 0, 0), (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted());
    }

    [Fact]
    public async Task Duplicates_are_told_by_their_lines_and_the_others_are_stored()
    {
        var reward = await NewReward();
        (await _operator.Uploads(reward, "AAAA,2099-01-01T00:00:00Z\nBBBB")).Is(200);

        var answer = (await _operator.Uploads(reward, "code\nCCCC\nAAAA\nCCCC\nDDDD\nCCCC\naaaa", type: "text/plain")).Is(200);
        Assert.Equal("3 3 5", $"{answer.Json["added"]} {answer.Json["duplicateCount"]} {answer.Json["total"]}");
        Assert.Equal(["3 ", "4 2", "6 2"], answer.Json["duplicates"]!.AsArray().Select(one => $"{one!["line"]} {one["firstLine"]}"));
    }

    [Fact]
    public async Task A_hundred_thousand_codes_are_stored_at_once_and_the_same_file_again_does_nothing()
    {
        var reward = await NewReward();
        var file = Pools.FileOf(Pools.NewCodes(100_000));
        var answers = await Task.WhenAll(_operator.Uploads(reward, file), _operator.Uploads(reward, file), _operator.Uploads(reward, file));

        Assert.Equal([0, 0, 100_000], answers.Select(answer => (int)answer.Is(200).Json["added"]!).Order());
        Assert.All(answers, answer => Assert.Equal(100_000, (int)answer.Json["added"]! + (int)answer.Json["duplicateCount"]!));
        Assert.All(answers, answer => Assert.InRange(answer.Json["duplicates"]!.AsArray().Count, 0, 1_000));
        Assert.Equal((100_000, 100_000, 0, 0), (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted());
        (await _operator.Uploads(reward, $"{file}\nONE-MORE")).Refused(422, "rule_broken").Because("$", "count");
        await Pools.AreSound(app.Events);
    }

    [Fact]
    public async Task A_file_may_be_larger_than_other_bodies_but_not_endless()
    {
        var reward = await NewReward();
        var long128 = Pools.NewCodes(50_000).Select(code => code.PadRight(128, 'x'));
        Assert.Equal(50_000, (int)(await _operator.Uploads(reward, Pools.FileOf(long128))).Is(200).Json["added"]!);
        (await _operator.Uploads(reward, new byte[(16 * 1024 * 1024) + 1])).Refused(413, "body_too_large");
    }

    /// <summary>Each time is a lot, and whoever claims looks through the lots.</summary>
    [Fact]
    public async Task Codes_of_one_file_expire_at_a_thousand_times_at_most()
    {
        var reward = await _operator.CreatesReward(Pools.Of(Pools.NewPool()));
        var file = string.Join('\n', Pools.NewCodes(1_001).Index().Select(one => $"{one.Item},2099-01-01T00:00:00Z".Replace("00:00:00", $"{one.Index / 3600:00}:{one.Index / 60 % 60:00}:{one.Index % 60:00}", StringComparison.Ordinal)));
        (await _operator.Uploads(reward, file)).Refused(422, "rule_broken").Because("$", "expiries");
        Assert.Equal((0, 0, 0, 0), (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted());
    }

    [Fact]
    public async Task Only_a_pool_of_the_reward_is_filled()
    {
        var points = await _operator.CreatesReward();
        (await _operator.Uploads(points, "AAAA")).Refused(409, "no_coupon_pool");
        Assert.Empty((await _operator.Get($"/v1/rewards/{points}/coupons")).Is(200).Json["pools"]!.AsArray());
        var (mine, other) = (Pools.NewPool(), Pools.NewPool());
        var reward = await _operator.CreatesReward(Pools.Of(mine), Pools.Of(mine));
        (await _operator.Uploads(reward, "AAAA", other)).Refused(409, "no_coupon_pool");
        (await _operator.Uploads(reward, "AAAA", mine)).Is(200);
        (await _operator.Uploads(Playing.NewPerson().ToString(), "AAAA")).Refused(404, "not_found");
        (await _operator.Get($"/v1/rewards/{Playing.NewPerson()}/coupons")).Refused(404, "not_found");
        (await _operator.Uploads(reward, "AAAA", type: "application/json")).Refused(415, "unsupported_media_type");
        (await _operator.Uploads(reward, Encoding.Unicode.GetBytes("AAAA"), type: "text/csv; charset=utf-16")).Refused(415, "unsupported_media_type");
    }

    [Fact]
    public async Task A_code_is_no_part_of_a_reward()
    {
        (await _operator.Post("/v1/rewards", new { name = "A code", contents = new[] { new { type = "coupon", pool = "p", code = "MINE", expiresAt = "2099-01-01T00:00:00Z" } } }))
            .Refused(422, "rule_broken").Because("contents[0].code", "read_only").Because("contents[0].expiresAt", "read_only");
    }

    private Task<string> NewReward() => _operator.CreatesReward(Pools.Of(Pools.NewPool()));
}
