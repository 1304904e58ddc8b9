using Laurel.Events.Catalog;
using Laurel.Events.Progress;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Jobs;

/// <summary>The transaction that every batch of a job ends in: behind the fence, by the catalog that holds then, short.</summary>
internal sealed class JobBatches(EventsDatabase database, EventCatalog catalog, JobStore jobs, ILogger<JobBatches> log)
{
    /// <summary>
    /// Does the work under the fence. Reading what has been read long before is none of it: whoever changes the catalog waits until all
    /// batches have ended.
    /// </summary>
    public async Task<Job> Run(Func<NpgsqlTransaction, CatalogSnapshot, Task<Job>> work, CancellationToken cancellation) =>
        await database.Batches.InTransaction(
            async transaction => await jobs.Move(transaction, await work(transaction, await Pass(transaction, cancellation)), cancellation), cancellation);

    /// <summary>Writes what is to be written of these rows, which are in their order. An event that cannot be folded is quarantined.</summary>
    /// <returns>The job; or that it has failed, since its event stands still now.</returns>
    public async Task<Job> Write(Job job, NpgsqlTransaction transaction, IReadOnlyList<Touch> touches)
    {
        return await Fold(transaction, touches) ? job.Failed("The event is quarantined, since its progress could not be folded.") : job;
    }

    /// <summary>Writes what is to be written of these rows, which are in their order. Returns whether an event had to be quarantined.</summary>
    public async Task<bool> Fold(NpgsqlTransaction transaction, IReadOnlyList<Touch> touches)
    {
        var folding = new Folding(log);
        await folding.Write(transaction.Connection!, catalog.Current.Log, touches);
        return folding.HasQuarantined;
    }

    /// <summary>Why there is no use in going on with a job of one event and epoch; null where there is.</summary>
    public static Job? Ended(Job job, CatalogSnapshot snapshot) => snapshot.Events.GetValueOrDefault(job.Event!.Value) switch
    {
        null => job.Failed("The event cannot be read by this version of Laurel."),
        var on when on.Epoch != job.Epoch => job.Superseded("All progress has been asked to be counted anew since."),
        { Status: not EventStatus.Active } => job.Superseded("The event has been switched off; all of it is counted anew when it is activated again."),
        { IsQuarantined: true } => job.Failed("The event is quarantined; all of it is counted anew when it is activated again."),
        _ => null,
    };

    private async Task<CatalogSnapshot> Pass(NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection!, transaction) { BatchCommands = { Fence.Pass(), Fence.Read() } };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.NextResultAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var version = reader.GetInt64(0);
        var snapshot = catalog.Current;
        return snapshot.Version == version ? snapshot : await catalog.Load(cancellation);
    }
}
