using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Audit;

/// <summary>What auditors see.</summary>
public sealed class ReadingTheTrail(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Api _auditor = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Auditor));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_changed_what_from_where_before_and_after()
    {
        var me = Playing.NewPerson();
        var @operator = app.Anonymous.As(app.PersonToken(me, Role.Operator));
        var reward = await @operator.CreatesReward();
        (await @operator.Patch($"/v1/rewards/{reward}", new { name = "Better", stock = 5 })).Is(200);

        var items = await Items($"/v1/audit?subjectKind=reward&subjectId={reward}");
        Assert.Equal(["reward.changed", "reward.created"], items.Select(item => (string)item!["action"]!));
        var changed = items[0]!;
        Assert.Equal($"person {me} OPERATOR 127.0.0.1", $"{changed["actorKind"]} {changed["actor"]} {changed["actorRole"]} {changed["address"]}");
        Assert.Equal("""{"name":"A reward"}""", changed["before"]!.ToJsonString());
        Assert.Equal("""{"name":"Better","stock":5}""", changed["after"]!.ToJsonString());

        Assert.Equal(2, (await Items($"/v1/audit?actor={me}")).Count);
        Assert.Single(await Items($"/v1/audit?actor={me}&action=reward.created"));
        var at = Uri.EscapeDataString((string)changed["at"]!);
        Assert.DoesNotContain(await Items($"/v1/audit?actor={me}&to={at}"), item => (long)item!["id"]! == (long)changed["id"]!);
        await Eventually.True(async () => (await Items($"/v1/audit?actor={me}")).All(item => item!["seq"] is not null));
    }

    [Fact]
    public async Task Page_by_page_newest_first()
    {
        var @operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));
        var made = new List<string>();
        for (var i = 0; i < 5; i++)
            made.Add(await @operator.CreatesReward());

        var (seen, cursor) = (new List<string>(), "");
        do
        {
            var page = (await _auditor.Get($"/v1/audit?action=reward.created&limit=2{cursor}")).Is(200).Json;
            seen.AddRange(page["items"]!.AsArray().Select(item => (string)item!["subjectId"]!));
            cursor = page["nextCursor"] is { } next ? $"&cursor={next}" : "";
        }
        while (cursor != "");
        Assert.Equal(made.AsEnumerable().Reverse(), seen.Where(made.Contains));
        Assert.Equal(seen.Distinct(), seen);
    }

    [Fact]
    public async Task Each_service_has_a_trail_of_its_own_and_an_account_that_is_erased_is_gone_from_it()
    {
        var (admin, somebody) = (await app.SignedIn(Role.Admin), await app.SignedIn());
        var id = somebody.Account.Id.ToString();
        (await somebody.Api.Patch("/v1/me", new { nickname = "Whoever I am" })).Is(200);
        (await admin.Api.Patch($"/v1/users/{id}", new { role = "OPERATOR" })).Is(200);
        var renamed = Assert.Single(await Items($"/v1/auth/audit?subjectId={id}&action=account.renamed"))!;
        Assert.Equal("Whoever I am", (string?)renamed["after"]!["nickname"]);
        Assert.Empty(await Items($"/v1/audit?subjectId={id}"));

        // Their session ended with the change of role; the tokens that tests make need none.
        (await app.Anonymous.As(app.PersonToken(somebody.Account.Id.Value)).Delete("/v1/me")).Is(204);
        var items = await Items($"/v1/auth/audit?subjectId={id}");
        Assert.Equal(["person.erased", "account.changed", "account.renamed"], items.Select(item => (string)item!["action"]!));
        Assert.Equal(["false", "false", "true"], items.Select(item => item!["erased"]!.ToJsonString()));
        Assert.Null(items[2]!["after"]);
        Assert.Null(items[2]!["address"]);
        Assert.Equal("""{"role":"OPERATOR"}""", items[1]!["after"]!.ToJsonString());
        Assert.Empty(await app.Database.Query(
            "SELECT body FROM audit_personal JOIN audit ON id = audit_id WHERE actor = $1 OR person = $1", row => row.GetString(0), [id], Cancellation));
    }

    [Fact]
    public async Task The_latest_checkpoint_is_there_to_be_kept()
    {
        var entry = new AuditEntry(Laurel.Platform.Audit.Actor.Laurel, "test.noted", "test", "t");
        await app.Events.InTransaction(
            async transaction =>
            {
                await AuditTrail.Add(transaction, [.. Enumerable.Repeat(entry, 1000)], Cancellation);
                return 0;
            },
            Cancellation);
        await Eventually.True(async () => (await _auditor.Get("/v1/audit/checkpoint")).Status == 200);
        var checkpoint = (await _auditor.Get("/v1/audit/checkpoint")).Is(200);
        Assert.StartsWith($"laurel-audit-1/events/{checkpoint.Json["seq"]}/", checkpoint.Field("checkpoint"), StringComparison.Ordinal);
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", checkpoint.Field("publicKey"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("from=yesterday")]
    [InlineData("who=me")]
    [InlineData("limit=201")]
    [InlineData("cursor=abc")]
    public async Task What_is_no_question_is_refused(string query)
    {
        foreach (var path in new[] { "/v1/audit", "/v1/auth/audit" })
            (await _auditor.Get($"{path}?{query}")).Is(400);
    }

    [Fact]
    public async Task Only_auditors_look()
    {
        foreach (var path in new[] { "/v1/audit", "/v1/audit/checkpoint", "/v1/auth/audit", "/v1/auth/audit/checkpoint" })
        {
            (await app.Anonymous.Get(path)).Refused(401, "unauthenticated");
            (await app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator)).Get(path)).Refused(403, "forbidden");
        }
    }

    private async Task<JsonArray> Items(string path) => (await _auditor.Get(path)).Is(200).Json["items"]!.AsArray();
}
