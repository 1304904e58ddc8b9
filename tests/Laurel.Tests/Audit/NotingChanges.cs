using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;
using Actor = Laurel.Platform.Audit.Actor;

namespace Laurel.Tests.Audit;

/// <summary>Rows of the trail and the transactions that write them.</summary>
public sealed class NotingChanges(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static readonly Actor Operator = new(ActorKind.Person, "op-1", Role.Operator, "203.0.113.7", "0af7651916cd43dd8448eb211c80319c");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_row_tells_who_did_what_and_only_what_differs()
    {
        await Note(app.Events, new AuditEntry(
            Operator, "reward.changed", "reward", "r-differs", new { name = "Old", stock = 5, token = "abc" }, new { name = "New", stock = 5, token = "def" }));
        var row = await One("r-differs");
        Assert.Equal(("person", "op-1", "OPERATOR"), (row.Kind, row.Actor, row.Role));
        Assert.Equal("""{"before":{"name":"Old"},"after":{"name":"New"}}""", row.Change);
        Assert.Equal(["203.0.113.7"], row.Personal);
    }

    [Fact]
    public async Task What_tells_of_a_person_stands_beside_the_row()
    {
        await Note(app.Events, new AuditEntry(Operator, "claim.rejected", "claim", "c-person", After: new { reason = "a cheat" }) { Person = "u-1" });
        var row = await One("c-person");
        Assert.Null(row.Change);
        Assert.Equal(["203.0.113.7", """{"after":{"reason":"a cheat"}}"""], row.Personal);
    }

    [Fact]
    public async Task A_secret_is_hidden_whoever_hands_it_over()
    {
        await Note(app.Events, new AuditEntry(Actor.Laurel, "webhook.created", "webhook", "w-secret", After: new { hooks = new[] { new { url = "u", secret = "whsec_1" } } }));
        var row = await One("w-secret");
        Assert.Equal("""{"after":{"hooks":[{"url":"u","secret":"(secret)"}]}}""", row.Change);
        Assert.Empty(row.Personal);
    }

    [Fact]
    public async Task Many_at_once_keep_their_order_and_a_rollback_leaves_nothing()
    {
        var entries = Enumerable.Range(0, 50).Select(i => new AuditEntry(Operator, "claim.approved", "many", $"{i}", After: new { i })).ToList();
        await app.Events.InTransaction(
            async transaction =>
            {
                await AuditTrail.Add(transaction, entries, Cancellation);
                return 0;
            },
            Cancellation);
        Assert.Equal(
            entries.Select(entry => entry.SubjectId),
            await app.Events.Query("SELECT subject_id FROM audit WHERE subject_kind = 'many' ORDER BY id", row => row.GetString(0), [], Cancellation));

        await using var connection = await app.Events.OpenConnectionAsync(Cancellation);
        await using (var transaction = await connection.BeginTransactionAsync(Cancellation))
        {
            await AuditTrail.Add(transaction, entries[0] with { SubjectKind = "undone" }, Cancellation);
            await transaction.RollbackAsync(Cancellation);
        }

        Assert.Equal(0L, await app.Events.QueryOne("SELECT count(*) FROM audit WHERE subject_kind = 'undone'", row => row.GetInt64(0), [], Cancellation));
    }

    [Theory]
    [InlineData("UPDATE audit SET actor = 'nobody'")]
    [InlineData("DELETE FROM audit")]
    [InlineData("TRUNCATE audit")]
    [InlineData("UPDATE audit_personal SET body = ''")]
    [InlineData("DELETE FROM audit_chain")]
    [InlineData("UPDATE audit_checkpoints SET seq = seq + 1")]
    public async Task Nothing_of_it_is_changed_or_goes(string statement)
    {
        foreach (var database in new[] { app.Database, app.Events })
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => database.Execute(statement, [], Cancellation))).SqlState);
    }

    [Theory]
    [InlineData("UPDATE transfers SET amount = amount + 1")]
    [InlineData("DELETE FROM transfers")]
    public async Task Neither_are_transfers(string statement) =>
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => app.Events.Execute(statement, [], Cancellation))).SqlState);

    private static Task<int> Note(NpgsqlDataSource database, AuditEntry entry) => database.InTransaction(
        async transaction =>
        {
            await AuditTrail.Add(transaction, entry, Cancellation);
            return 0;
        },
        Cancellation);

    private async Task<Row> One(string subject) => Assert.Single(await app.Events.Query(
        """
        SELECT actor_kind, actor, actor_role, change::text,
               ARRAY(SELECT body FROM audit_personal WHERE audit_id = audit.id ORDER BY part)
        FROM audit
        WHERE subject_id = $1
        """,
        row => new Row(row.GetString(0), row.GetString(1), row.OptionalText(2), row.OptionalText(3), row.GetFieldValue<string[]>(4)), [subject], Cancellation));

    private sealed record Row(string Kind, string Actor, string? Role, string? Change, string[] Personal);
}
