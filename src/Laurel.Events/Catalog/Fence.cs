using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Catalog;

/// <summary>
/// How a batch passes the fence: it holds it shared to its end, and then looks, in a statement that sees what was committed until
/// then, which catalog holds. No row is written for that, so it costs next to nothing.
/// </summary>
internal static class Fence
{
    private const string PassShared = "SELECT pg_advisory_xact_lock_shared($1)";

    public static NpgsqlBatchCommand Pass() => new(PassShared)
    {
        Parameters = { new NpgsqlParameter<long> { TypedValue = EventCatalog.FenceKey } },
    };

    public static Task Pass(NpgsqlTransaction transaction, CancellationToken cancellation) =>
        transaction.Execute(PassShared, [EventCatalog.FenceKey], cancellation);

    public static NpgsqlBatchCommand Read() => new("SELECT version, generation FROM catalog");
}
