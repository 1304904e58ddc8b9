using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Laurel.Events.Claims;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Claims;

/// <summary>Claims as pages and as a file.</summary>
public sealed class ReadingHistory(LaurelApp app) : IClassFixture<LaurelApp>, IDisposable
{
    private const string Json = "application/json";
    private const string Csv = "text/csv";

    private readonly Api _auditor = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Auditor));

    private readonly HttpClient _http = new() { BaseAddress = app.Address };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string?> Accepted => new()
    {
        { "text/csv", Csv },
        { "TEXT/CSV; charset=utf-8", Csv },
        { "text/*", Csv },
        { "text/csv;q=0.5, application/json;q=0.4", Csv },
        { "application/json;q=0.9, text/csv", Csv },
        { "*/*;q=0.1, text/csv;q=0.2", Csv },
        { "application/json, text/csv", Json },
        { "*/*", Json },
        { "application/*", Json },
        { "text/csv;q=0, */*", Json },
        { "text/html, */*;q=0.8", Json },
        { "text/html", null },
        { "text/csv;q=0", null },
        { "application/xml;q=1, text/html", null },
        { "no media type at all", null },
    };

    public void Dispose() => _http.Dispose();

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task What_is_asked_for_is_what_is_given(string accept, string? given)
    {
        var answer = await _auditor.Send(HttpMethod.Get, $"/v1/claims?userId={Playing.NewUser()}", null, ("Accept", accept));
        if (given is null)
            answer.Refused(406, "not_acceptable");
        else
            Assert.Equal(given, answer.Is(200).ContentHeaders.ContentType!.MediaType);
        Assert.Contains("Accept", answer.Headers.Vary);
    }

    [Fact]
    public async Task A_file_has_all_pages_the_same_rows_and_no_formulas()
    {
        var user = Playing.NewUser();
        await Fill(2_500, user, "'=HYPERLINK(\"http://evil\") ' || i || E', \"quoted\"\\nand on'");
        var file = await _auditor.Send(HttpMethod.Get, $"/v1/claims?userId={user}&status=completed", null, ("Accept", Csv));

        Assert.Equal("text/csv; charset=utf-8; header=present", file.Is(200).ContentHeaders.ContentType!.ToString());
        Assert.Equal("attachment; filename=\"claims.csv\"", file.ContentHeaders.ContentDisposition!.ToString());
        var rows = Rows(file.Text);
        Assert.Equal("id,userId,eventId,offerId,rewardId,rewardName,window,status,origin,points,contents,createdAt,completedAt,decidedBy,decidedAt,reason", string.Join(',', rows[0]));
        var shown = await Pages($"/v1/claims?userId={user}&status=completed");
        Assert.Equal(shown, rows[1..].ConvertAll(row => row[0]));
        Assert.All(rows[1..], row => Assert.Equal(16, row.Count));
        Assert.All(rows[1..], row => Assert.StartsWith("'=HYPERLINK", row[5], StringComparison.Ordinal));
        Assert.EndsWith(", \"quoted\"\nand on", rows[1][5], StringComparison.Ordinal);
        Assert.Equal("""[{"type":"points","amount":10}]""", rows[1][10]);
    }

    [Theory]
    [InlineData("limit=5", "limit")]
    [InlineData("cursor=abc", "cursor")]
    public async Task A_file_has_no_pages(string query, string path) =>
        (await _auditor.Send(HttpMethod.Get, $"/v1/claims?{query}", null, ("Accept", Csv))).Refused(400, "bad_query").Because(path, "no_pages");

    [Fact]
    public async Task However_large_a_file_is_it_stays_out_of_memory()
    {
        const int Rows = 300_000;
        var user = Playing.NewUser();
        await Fill(Rows, user, "'A reward'");
        using var response = await Open($"/v1/claims?userId={user}");
        await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
        var (buffer, lines, most) = (new byte[64 * 1024], 0, 0L);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (int length; (length = await body.ReadAsync(buffer, Cancellation)) > 0;)
        {
            var whole = lines / 50_000;
            lines += buffer.AsSpan(0, length).Count((byte)'\n');
            // What is alive, at some places: server and client share this process.
            if (lines / 50_000 > whole)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Assert.Equal(Rows + 1, lines);
        // The file has more than 100 MB.
        Assert.InRange(most, long.MinValue, 24L * 1024 * 1024);
    }

    [Fact]
    public async Task Nobody_works_for_a_client_that_has_gone_or_does_not_read()
    {
        var user = Playing.NewUser();
        await Fill(30_000, user, "'A reward'");
        using (var response = await Open($"/v1/claims?userId={user}"))
        {
            await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
            await body.ReadExactlyAsync(new byte[1000], Cancellation);
            await Eventually.True(() => app.Events.QueryOne(
                "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND (state <> 'idle' OR backend_xmin IS NOT NULL) AND query LIKE '%FROM claims%'",
                row => row.GetBoolean(0), [], Cancellation));
        }
    }

    [Fact]
    public async Task A_file_that_fails_in_the_middle_does_not_end_as_if_it_were_whole()
    {
        var user = Playing.NewUser();
        await Fill(5_000, user, "'A reward'");
        // Not on the first page, which is read before anything is sent.
        await app.Events.Execute(
            "UPDATE claims SET contents = '{}' WHERE id = (SELECT id FROM claims WHERE user_id = $1 ORDER BY id LIMIT 1)", [user], Cancellation);
        using var response = await Open($"/v1/claims?userId={user}");
        await using var body = await response.Content.ReadAsStreamAsync(Cancellation);

        await Assert.ThrowsAnyAsync<Exception>(async () => await body.CopyToAsync(Stream.Null, Cancellation));
    }

    [Fact]
    public async Task Answers_are_kept_for_seven_days_and_then_removed()
    {
        await app.Events.Execute(
            """
            INSERT INTO idempotency_keys (subject, key, fingerprint, answer, created_at)
            SELECT 'swept', 'k' || i, '', '', now() - CASE WHEN i <= $1 THEN interval '7 days 1 minute' ELSE interval '7 days' - interval '1 minute' END
            FROM generate_series(1, $1 + 10) AS i
            """, [(2 * KeptAnswers.BatchSize) + 1], Cancellation);

        await app.Services.GetRequiredService<KeptAnswers>().Sweep(Cancellation);
        Assert.Equal(10L, await app.Events.QueryOne("SELECT count(*) FROM idempotency_keys WHERE subject = 'swept'", row => row.GetInt64(0), [], Cancellation));
    }

    private async Task<HttpResponseMessage> Open(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd(Csv);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _auditor.Token);
        // By a client that does not look into answers: that would read them to their ends.
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response;
    }

    private async Task<List<string>> Pages(string path)
    {
        var ids = new List<string>();
        for (string? cursor = null; ;)
        {
            var page = (await _auditor.Get($"{path}&limit=200{(cursor is null ? "" : $"&cursor={cursor}")}")).Is(200).Json;
            ids.AddRange(page["items"]!.AsArray().Select(claim => (string)claim!["id"]!));
            if ((cursor = (string?)page["nextCursor"]) is null)
                return ids;
        }
    }

    private async Task Fill(int rows, string user, string rewardName)
    {
        for (var from = 1; from <= rows; from += 20_000)
            await Fill(from, Math.Min(rows, from + 19_999), user, rewardName);
    }

    private Task<int> Fill(int from, int to, string user, string rewardName) => app.Events.Execute(
        $$"""
        INSERT INTO claims (created_at, completed_at, points, holds, window_key, id, event_id, offer_id, reward_id, user_id, status, origin, reward_name, contents)
        SELECT now(), now(), 10, 0, '2000-01-01', (lpad(to_hex(1790000000000 + i), 12, '0') || '70008000' || substr(md5(i::text), 1, 12))::uuid,
            gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $1, 'completed', 'user', {{rewardName}}, '[{"type": "points", "amount": 10}]'
        FROM generate_series($2, $3) AS i
        """, [user, from, to], Cancellation);

    /// <summary>Rows as RFC 4180 has them.</summary>
    private static List<List<string>> Rows(string text)
    {
        var (rows, row, field, quoted) = (new List<List<string>>(), new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < text.Length; i++)
        {
            if (quoted && text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"')
                field.Append(text[i++]);
            else if (text[i] == '"')
                quoted = !quoted;
            else if (!quoted && text[i] is ',' or '\r' && !quoted)
                End();
            else if (quoted || text[i] != '\n')
                field.Append(text[i]);
            if (!quoted && text[i] == '\n')
            {
                rows.Add(row);
                row = [];
            }
        }

        return rows;

        void End()
        {
            row.Add(field.ToString());
            field.Clear();
        }
    }
}
