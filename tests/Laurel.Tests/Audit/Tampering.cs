using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Audit;

/// <summary>Whatever an owner of the database does to the trail is found, and named.</summary>
public sealed class Tampering(TestPostgres postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Of ten rows. The ids are their numbers, since nothing else writes here.</summary>
    [Theory]
    [InlineData("a changed actor", "UPDATE audit SET actor = 'op-2' WHERE id = 4", "seq 4 (id 4) is not what was chained there")]
    [InlineData("a changed time", "UPDATE audit SET at = at + interval '1 microsecond' WHERE id = 4", "seq 4 (id 4) is not what was chained there")]
    [InlineData("a changed change", "UPDATE audit SET change = '{\"before\":{\"stock\":1},\"after\":{\"stock\":3}}' WHERE id = 3", "seq 3 (id 3) is not what was chained there")]
    [InlineData("a change less", "UPDATE audit SET change = NULL WHERE id = 3", "seq 3 (id 3) is not what was chained there")]
    [InlineData("another person's", "UPDATE audit SET person = 'u-9' WHERE id = 4", "seq 4 (id 4) is not what was chained there")]
    [InlineData("a removed row", "DELETE FROM audit WHERE id = 5", "seq 5 (id 5) is removed")]
    [InlineData("a row removed with its place", "DELETE FROM audit WHERE id = 5; DELETE FROM audit_chain WHERE seq = 5", "seq 5 is removed")]
    [InlineData("many removed with their places", "DELETE FROM audit WHERE id IN (5, 6); DELETE FROM audit_chain WHERE seq IN (5, 6)", "seq 5 to 6 are removed")]
    [InlineData("a gap that was closed", "DELETE FROM audit WHERE id = 5; DELETE FROM audit_chain WHERE seq = 5; UPDATE audit_chain SET seq = seq - 1 WHERE seq > 5", "seq 5 (id 6) is not what was chained there")]
    [InlineData("two that changed places", "UPDATE audit_chain SET audit_id = -1 WHERE seq = 3; UPDATE audit_chain SET audit_id = 3 WHERE seq = 4; UPDATE audit_chain SET audit_id = 4 WHERE seq = 3", "seq 3 (id 4) is not what was chained there")]
    [InlineData("a forged hash", "UPDATE audit_chain SET hash = sha256('x') WHERE seq = 7", "seq 7 (id 7) is not what was chained there")]
    [InlineData("a cut end", "DELETE FROM audit WHERE id > 8; DELETE FROM audit_chain WHERE seq > 8", "seq 10 is removed: a stored checkpoint")]
    [InlineData("places cut, rows left", "DELETE FROM audit_checkpoints; DELETE FROM audit_chain WHERE seq > 8", "id 9 is not in the chain, and does not wait to be")]
    [InlineData("a row beside the chain", "INSERT INTO audit (id, actor_kind, actor, action, subject_kind, subject_id) VALUES (99, 'person', 'op', 'a', 'b', 'c')", "id 99 is not in the chain, and does not wait to be")]
    [InlineData("a row that never was", "INSERT INTO audit_unchained (audit_id) VALUES (98)", "id 98 is removed before it was chained")]
    [InlineData("a changed address", "UPDATE audit_personal SET body = '198.51.100.1' WHERE audit_id = 2 AND part = 'address'", "seq 2 (id 2): its address was changed")]
    [InlineData("a changed personal part", "UPDATE audit_personal SET body = '{}' WHERE audit_id = 2 AND part = 'change'", "seq 2 (id 2): its change was changed")]
    [InlineData("a personal part removed", "DELETE FROM audit_personal WHERE audit_id = 2 AND part = 'change'", "seq 2 (id 2): its change is removed, though nobody was erased")]
    [InlineData("a personal part added", "INSERT INTO audit_personal VALUES (1, 'change', 'x', 'y')", "seq 1 (id 1): its change was added")]
    [InlineData("a forged checkpoint", "UPDATE audit_checkpoints SET hash = sha256('x')", "the stored checkpoint at seq 10 is not signed")]
    public async Task It_is_found_and_named(string what, string sql, string named)
    {
        await using var desk = await AuditDesk.Open(postgres);
        await desk.Chains(10);
        await desk.IsWhole(10);
        await desk.Tampers(sql);
        var report = await desk.Verifies();
        Assert.True(report.First.Any(fault => fault.Contains(named, StringComparison.Ordinal)), $"{what}: {string.Join('\n', report.First)}");
    }

    [Fact]
    public async Task A_chain_that_was_made_anew_does_not_fit_its_checkpoint()
    {
        await using var desk = await AuditDesk.Open(postgres);
        await desk.Chains(10);
        // The triggers aside, an owner can have Laurel itself chain everything again after a change; but not sign it.
        await desk.Tampers(
            """
            UPDATE audit SET actor = 'op-2' WHERE id = 4;
            DELETE FROM audit_chain;
            INSERT INTO audit_unchained (audit_id) SELECT id FROM audit;
            """);
        await desk.ChainsAll();
        var report = await desk.Verifies();
        Assert.Contains(report.First, fault => fault.Contains("seq 10: its hash is not that of the stored checkpoint", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_checkpoint_that_was_kept_finds_what_was_cut_with_the_stored_ones()
    {
        await using var desk = await AuditDesk.Open(postgres);
        await desk.Chains(10);
        var kept = await desk.Checkpoint();
        Assert.Equal(0, (await desk.Verifies($"{{\"time\":\"..\",\"message\":\"Audit checkpoint {kept}\"}}")).Faults);

        await desk.Tampers("DELETE FROM audit WHERE id > 8; DELETE FROM audit_personal WHERE audit_id > 8; DELETE FROM audit_chain WHERE seq > 8; DELETE FROM audit_checkpoints");
        Assert.Equal(0, (await desk.Verifies()).Faults);
        Assert.Contains("events audit: seq 10 is removed: a kept checkpoint", Assert.Single((await desk.Verifies(kept)).First), StringComparison.Ordinal);
        // One of another trail is not ours to look for; one that was made up is not taken at its word.
        Assert.Equal(0, (await desk.Verifies(kept.Replace("/events/", "/auth/", StringComparison.Ordinal))).Faults);
        Assert.Contains("is not signed", Assert.Single((await desk.Verifies(kept.Replace("/10/", "/8/", StringComparison.Ordinal))).First), StringComparison.Ordinal);
    }

    /// <summary>Each transaction that takes some notes that it did, so that there is no moment at which they were just gone.</summary>
    [Fact]
    public async Task Who_has_done_much_is_erased_some_at_a_time()
    {
        await using var desk = await AuditDesk.Open(postgres);
        foreach (var person in new[] { AuditDesk.Operator.Id, "u-1" })
            await desk.Notes([.. Enumerable.Repeat(AuditDesk.Entry with { Person = person }, AuditTrail.PartsAtOnce / 2)]);
        await desk.ChainsAll();
        var erased = new List<bool>();
        while (erased is [] or [.., true])
        {
            erased.Add(await desk.Service.InTransaction(
                transaction => AuditTrail.Erase(transaction, Laurel.Platform.Audit.Actor.Laurel, AuditDesk.Operator.Id, Cancellation), Cancellation));
            Assert.Equal(0, (await desk.Verifies()).Faults);
        }

        // Their addresses in all of it, and what was changed of them in a half; that of somebody else stays.
        Assert.Equal([true, false], erased);
        Assert.Equal(AuditTrail.PartsAtOnce / 2, await desk.Owner.QueryOne("SELECT count(*) FROM audit_personal", row => row.GetInt64(0), [], Cancellation));
    }

    [Fact]
    public async Task Where_one_transaction_takes_all_of_it_one_row_tells()
    {
        await using var desk = await AuditDesk.Open(postgres);
        await desk.Notes([.. Enumerable.Repeat(AuditDesk.Entry with { Person = AuditDesk.Operator.Id }, AuditTrail.PartsAtOnce)]);
        await desk.ChainsAll();
        await desk.Service.InTransaction(
            async transaction =>
            {
                await AuditTrail.EraseAll(transaction, Laurel.Platform.Audit.Actor.Laurel, AuditDesk.Operator.Id, Cancellation);
                return 0;
            },
            Cancellation);

        Assert.Equal(0, (await desk.Verifies()).Faults);
        Assert.Equal((0, 1), await desk.Owner.QueryOne(
            "SELECT (SELECT count(*) FROM audit_personal), count(*) FROM audit WHERE action = 'person.erased'", row => (row.GetInt64(0), row.GetInt64(1)), [], Cancellation));
    }

    [Fact]
    public async Task Who_is_erased_is_erased_and_not_changed()
    {
        await using var desk = await AuditDesk.Open(postgres);
        await desk.Chains(10);
        await desk.Service.InTransaction(
            async transaction =>
            {
                await AuditTrail.Erase(transaction, Laurel.Platform.Audit.Actor.Laurel, "u-4", Cancellation);
                return 0;
            },
            Cancellation);
        // Written while the erasure was under way, by a transaction that could not see it.
        await desk.Notes(AuditDesk.Entry with { Person = "u-4" });
        await desk.ChainsAll();

        await desk.IsWhole(12);
        Assert.Equal(2, (await desk.Verifies()).Erased);
        Assert.Equal(0L, await desk.Owner.QueryOne(
            "SELECT count(*) FROM audit JOIN audit_personal ON audit_id = id AND part = 'change' WHERE person = 'u-4'", row => row.GetInt64(0), [], Cancellation));
        // What others did and what was done to others stays.
        Assert.Equal(4L, await desk.Owner.QueryOne(
            "SELECT count(*) FROM audit_personal WHERE part = 'change'", row => row.GetInt64(0), [], Cancellation));
    }
}
