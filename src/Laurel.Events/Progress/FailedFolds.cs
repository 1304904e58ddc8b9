using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Progress;

/// <summary>
/// The events whose folds failed in one write. A fold that throws is a bug, or a state that is none. Its event pays nothing more until
/// an operator lets it be folded anew; the activities are stored all the same, and every other event goes on.
/// </summary>
internal sealed class FailedFolds(ILogger alarm)
{
    private readonly Dictionary<EventId, string> _reasons = [];

    public bool Any => _reasons.Count > 0;

    public bool Contains(EventId id) => _reasons.ContainsKey(id);

    /// <summary>Folds, unless the event has failed already.</summary>
    public void Guard(Touch touch, Action fold)
    {
        if (Contains(touch.Key.EventId))
            return;
        try
        {
            fold();
        }
#pragma warning disable CA1031 // Whatever it is, it must not refuse the activity.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            alarm.LogError(bug, "Event {Event} is quarantined: its progress cannot be folded.", touch.Key.EventId.Value);
            _reasons.Add(touch.Key.EventId, $"{bug.GetType().Name}: {bug.Message}");
        }
    }

    /// <summary>
    /// The version of the catalog is raised with it, so that every process hears of it even if this one dies. It needs no fence: what is
    /// folded by an older catalog in the meantime is folded anew when the quarantine ends.
    /// </summary>
    public async Task Quarantine(NpgsqlConnection connection)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var (id, reason) in _reasons.OrderBy(one => one.Key.Value))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                "INSERT INTO quarantines (event_id, since, reason) VALUES ($1, now(), $2) ON CONFLICT (event_id) DO NOTHING")
            {
                Parameters = { new NpgsqlParameter<Guid> { TypedValue = id.Value }, new NpgsqlParameter<string> { TypedValue = reason } },
            });
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand("UPDATE catalog SET version = version + 1"));
        await batch.ExecuteNonQueryAsync();
    }
}
