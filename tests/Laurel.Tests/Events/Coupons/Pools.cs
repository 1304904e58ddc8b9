using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Tests.Events.Coupons;

/// <summary>Pools of codes, as operators fill them and players empty them.</summary>
internal static class Pools
{
    public static object Of(string pool) => new { type = "coupon", pool };

    public static string NewPool() => $"pool-{Playing.NewPerson():N}";

    public static Task<Answer> Uploads(this Api @operator, string reward, string file, string? pool = null, string type = "text/csv") =>
        @operator.Uploads(reward, Encoding.UTF8.GetBytes(file), pool, type);

    public static Task<Answer> Uploads(this Api @operator, string reward, byte[] file, string? pool = null, string type = "text/csv")
    {
        var content = new ByteArrayContent(file) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
        return @operator.Send(HttpMethod.Post, $"/v1/rewards/{reward}/coupons{(pool is null ? "" : $"?pool={pool}")}", content, ("Expect", "100-continue"));
    }

    /// <summary>Codes that nobody else has.</summary>
    public static string[] NewCodes(int count)
    {
        var series = Playing.NewPerson().ToString("N");
        return [.. Enumerable.Range(1, count).Select(i => $"{series}-{i:D6}")];
    }

    public static string FileOf(IEnumerable<string> codes) => string.Join('\n', codes);

    /// <summary>Total, free, given, expired.</summary>
    public static (long Total, long Free, long Given, long Expired) Counted(this Answer summary, int at = 0)
    {
        var pool = summary.Is(200).Json["pools"]![at]!;
        return ((long)pool["total"]!, (long)pool["free"]!, (long)pool["given"]!, (long)pool["expired"]!);
    }

    public static string? Code(this JsonNode claim, int at = 0) => (string?)claim["contents"]![at]!["code"];

    /// <summary>What each pool's rows say of it is one thing: each lot's free codes are those behind the taken ones, without a gap, and no others.</summary>
    public static async Task AreSound(NpgsqlDataSource events)
    {
        var broken = await events.Query(
            """
            SELECT format('lot %s: size %s, last %s, taken %s, %s codes, %s of claims, %s free', lot, size, last, taken, count(code), count(claim_id),
                count(code) FILTER (WHERE claim_id IS NULL AND number > taken AND number <= last))
            FROM coupon_lots
            LEFT JOIN coupons USING (lot)
            GROUP BY lot
            HAVING size <> count(code) OR last - taken <> count(code) FILTER (WHERE claim_id IS NULL AND number > taken AND number <= last)
                OR count(claim_id) <> size - (last - taken)
            """,
            row => row.GetString(0), [], TestContext.Current.CancellationToken);
        Assert.Empty(broken);
    }
}
