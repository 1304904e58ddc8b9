using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Tests.Audit;

/// <summary>One order, whoever writes and whoever chains.</summary>
public sealed class Chaining(TestPostgres postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task However_many_write_and_chain_at_once_there_is_one_chain_without_gaps()
    {
        await using var desk = await AuditDesk.Open(postgres);
        using var done = new CancellationTokenSource();
        var leaders = Enumerable.Range(0, 3).Select(async _ =>
        {
            var chain = desk.Chain();
            while (!done.IsCancellationRequested)
                await chain.Extend(Cancellation);
        }).ToList();
        await Parallel.ForEachAsync(Enumerable.Range(0, 12), Cancellation, async (writer, _) =>
        {
            for (var i = 0; i < 25; i++)
            {
                if (i % 5 == 0)
                    await RollsBack(desk);
                await desk.Notes(AuditDesk.Entry with { SubjectId = $"{writer}-{i}-a" }, AuditDesk.Entry with { SubjectId = $"{writer}-{i}-b", Person = "u" });
            }
        });
        await Eventually.True(async () => (await desk.Order()).Count == 600);
        await done.CancelAsync();
        await Task.WhenAll(leaders);

        await desk.IsWhole(600);
        Assert.Equal(Enumerable.Range(1, 600).Select(seq => (long)seq), (await desk.Order()).Select(link => link.Seq));
    }

    [Fact]
    public async Task Nothing_is_chained_before_something_that_can_still_appear()
    {
        await using var desk = await AuditDesk.Open(postgres);
        await using var connection = await desk.Service.OpenConnectionAsync(Cancellation);
        await using var @long = await connection.BeginTransactionAsync(Cancellation);
        await AuditTrail.Add(@long, AuditDesk.Entry with { SubjectId = "begun first" }, Cancellation);

        await desk.Notes(AuditDesk.Entry with { SubjectId = "done first" });
        await desk.Chain().Extend(Cancellation);
        Assert.Empty(await desk.Order());

        await @long.CommitAsync(Cancellation);
        await desk.ChainsAll();
        Assert.Equal(2, (await desk.Order()).Count);
        await desk.IsWhole(2);
    }

    [Fact]
    public async Task What_is_chained_stays_before_what_a_long_transaction_writes_late()
    {
        await using var desk = await AuditDesk.Open(postgres);
        await using var connection = await desk.Service.OpenConnectionAsync(Cancellation);
        await using var @long = await connection.BeginTransactionAsync(Cancellation);
        await using (var begins = new NpgsqlCommand("SELECT count(*) FROM audit", connection, @long))
            await begins.ExecuteScalarAsync(Cancellation);

        await desk.Chains(3);
        await AuditTrail.Add(@long, AuditDesk.Entry with { SubjectId = "late" }, Cancellation);
        await desk.Chain().Extend(Cancellation);
        Assert.Equal(3, (await desk.Order()).Count);
        await @long.CommitAsync(Cancellation);
        await desk.ChainsAll();

        var late = await desk.Owner.QueryOne("SELECT id FROM audit WHERE subject_id = 'late'", row => row.GetInt64(0), [], Cancellation);
        Assert.Equal((4L, late), (await desk.Order())[^1]);
        await desk.IsWhole(4);
    }

    [Fact]
    public async Task One_leads_at_a_time_and_one_that_dies_leaves_nothing_half_done()
    {
        await using var desk = await AuditDesk.Open(postgres);
        await desk.Notes(AuditDesk.Entry, AuditDesk.Entry);
        await using (var connection = await desk.Service.OpenConnectionAsync(Cancellation))
        {
            var dying = await connection.BeginTransactionAsync(Cancellation);
            await Eventually.True(async () => (await desk.Chain().ExtendOnce(dying, Cancellation)).Chained == 2);
            // Another process waits for nobody, and has nothing to do.
            await desk.Chain().Extend(Cancellation);
            Assert.Empty(await desk.Order());
            await desk.Owner.Execute("SELECT pg_terminate_backend($1)", [connection.ProcessID], Cancellation);
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => dying.CommitAsync(Cancellation));
        }

        await desk.ChainsAll();
        await desk.IsWhole(2);
    }

    [Fact]
    public async Task A_second_leader_that_should_not_be_is_refused_by_the_numbers()
    {
        await using var desk = await AuditDesk.Open(postgres);
        await desk.Chains(2);
        var fork = await Assert.ThrowsAsync<PostgresException>(() => desk.Service.Execute(
            "INSERT INTO audit_chain (seq, audit_id, hash) VALUES (2, 77, sha256('x'))", [], Cancellation));
        Assert.Equal("audit_chain_pkey", fork.ConstraintName);
        var twice = await Assert.ThrowsAsync<PostgresException>(() => desk.Service.Execute(
            "INSERT INTO audit_chain (seq, audit_id, hash) VALUES (3, 1, sha256('x'))", [], Cancellation));
        Assert.Equal("audit_chain_once", twice.ConstraintName);
    }

    [Fact]
    public async Task Rows_that_came_with_a_dump_from_another_PostgreSQL_are_chained()
    {
        await using var desk = await AuditDesk.Open(postgres);
        await desk.Notes(AuditDesk.Entry);
        await desk.Owner.Execute("UPDATE audit_unchained SET xid = '999999999999'", [], Cancellation);
        await desk.Chain().Extend(Cancellation);
        await desk.IsWhole(1);
    }

    [Fact]
    public async Task Checkpoints_are_made_by_the_thousand_and_not_by_the_row()
    {
        await using var desk = await AuditDesk.Open(postgres);
        var patient = desk.Chain(TimeSpan.FromHours(1));
        await desk.Notes(AuditDesk.Entry);
        await Eventually.True(async () =>
        {
            await patient.Extend(Cancellation);
            return (await desk.Order()).Count == 1;
        });
        Assert.Equal(0, (await desk.Verifies()).Checkpoints);
        await desk.Notes([.. Enumerable.Repeat(AuditDesk.Entry, 1500)]);
        await Eventually.True(async () =>
        {
            await patient.Extend(Cancellation);
            return (await desk.Order()).Count == 1501;
        });
        // At the first thousand; what comes after it waits.
        Assert.Equal(1, (await desk.Verifies()).Checkpoints);
        await desk.ChainsAll();
        Assert.Equal(2, (await desk.Verifies()).Checkpoints);
        await desk.ChainsAll();
        Assert.Equal(2, (await desk.Verifies()).Checkpoints);
        await desk.IsWhole(1501);
    }

    private static async Task RollsBack(AuditDesk desk)
    {
        await using var connection = await desk.Service.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await AuditTrail.Add(transaction, AuditDesk.Entry with { SubjectId = "undone" }, Cancellation);
        await transaction.RollbackAsync(Cancellation);
    }
}
