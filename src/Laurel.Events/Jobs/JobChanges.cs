using Laurel.Events.Progress;
using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Jobs;

/// <summary>Who gained and who lost what by a job.</summary>
internal static class JobChanges
{
    /// <summary>
    /// Keeps what these writes changed, for the job that they are done for, or would have been: whoever counts a row anew before the job
    /// comes by tells it. Where no job is open there is nothing to do, and so nothing is asked of the database.
    /// </summary>
    public static async Task Record(NpgsqlConnection connection, IReadOnlyList<Touch> touches)
    {
        var changes = touches.Where(touch => touch.MayTell).SelectMany(touch => touch.Changes()).ToList();
        await Insert(connection, changes);
    }

    /// <summary>What is lost after it was gained is neither: a void that takes much of one user back comes to the same row more than once.</summary>
    public static async Task Insert(NpgsqlConnection connection, IReadOnlyList<Change> changes)
    {
        if (changes.Count == 0)
            return;

        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(
                    """
                    INSERT INTO job_changes (job_id, user_id, event_id, window_key, gained, lost)
                    SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::date[], $5::bigint[], $6::bigint[])
                    ON CONFLICT ON CONSTRAINT job_changes_pkey DO UPDATE
                    SET gained = (job_changes.gained & ~excluded.lost) | (excluded.gained & ~job_changes.lost),
                        lost = (job_changes.lost & ~excluded.gained) | (excluded.lost & ~job_changes.gained)
                    """)
                {
                    Parameters =
                    {
                        Columns.Of(changes, NpgsqlDbType.Uuid, change => change.Job.Value),
                        Columns.Of(changes, NpgsqlDbType.Text, change => change.Key.UserId),
                        Columns.Of(changes, NpgsqlDbType.Uuid, change => change.Key.EventId.Value),
                        Columns.Of(changes, NpgsqlDbType.Date, change => change.Key.Window),
                        Columns.Of(changes, NpgsqlDbType.Bigint, change => change.Gained),
                        Columns.Of(changes, NpgsqlDbType.Bigint, change => change.Lost),
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync();
    }
}

/// <summary>What one user gained and lost in one window of an event, in bits of what is met.</summary>
internal readonly record struct Change(JobId Job, ProgressKey Key, long Gained, long Lost);
