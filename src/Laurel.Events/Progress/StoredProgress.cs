using System.Text.Json.Serialization;
using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Npgsql;

namespace Laurel.Events.Progress;

/// <summary>How the stored progress stands to what the stored activities come to. All but the first two: the two cannot be compared.</summary>
public enum StoredProgress
{
    /// <summary>It is what they come to.</summary>
    Equal,

    /// <summary>It is not: a fault.</summary>
    Different,

    /// <summary>It is being counted anew just now.</summary>
    [JsonStringEnumMemberName("catching_up")] CatchingUp,

    /// <summary>The event is switched off or stands still: what happened since then is not counted.</summary>
    [JsonStringEnumMemberName("not_counted")] NotCounted,

    /// <summary>A part of the activities is older than what is kept.</summary>
    [JsonStringEnumMemberName("beyond_horizon")] BeyondHorizon,
}

/// <summary>What progress is compared by, as one transaction sees it.</summary>
/// <param name="Catalog">Which events there are.</param>
/// <param name="Rejudging">Events whose goals have changed, and of whose rows some still say what was met before.</param>
internal sealed record Comparison(CatalogSnapshot Catalog, IReadOnlySet<EventId> Rejudging)
{
    /// <summary>Null where this process holds an older catalog than the transaction sees.</summary>
    public static async Task<Comparison?> Read(
        NpgsqlTransaction transaction, CatalogSnapshot snapshot, CancellationToken cancellation)
    {
        var versions = await transaction.Query("SELECT version FROM catalog", row => row.GetInt64(0), [], cancellation);
        if (versions is not [var version] || version != snapshot.Version)
            return null;
        var rejudging = await transaction.Query(
            "SELECT event_id FROM jobs WHERE kind = 'rejudge' AND status IN ('queued', 'running')", row => new EventId(row.GetGuid(0)), [], cancellation);
        return new Comparison(snapshot, rejudging.ToHashSet());
    }

    public StoredProgress Of(RunningEvent on, Window window, ProgressRow? row, Rules.Progress refolded)
    {
        if (on.Status != EventStatus.Active || on.IsQuarantined)
            return StoredProgress.NotCounted;
        if (!Catalog.Log.ReachTo(window.Start))
            return StoredProgress.BeyondHorizon;
        if (row is null ? !on.IsSettled : row.Epoch != on.Epoch)
            return StoredProgress.CatchingUp;
        if (!(row?.State ?? Rules.Progress.Empty.Encode()).AsSpan().SequenceEqual(refolded.Encode()))
            return StoredProgress.Different;
        if (row is null || row.Met == Engine.MetBits(on.Definition, refolded))
            return StoredProgress.Equal;
        return Rejudging.Contains(on.Id) ? StoredProgress.CatchingUp : StoredProgress.Different;
    }
}
