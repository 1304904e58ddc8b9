using Laurel.Platform.Postgres;
using Laurel.Rules;

namespace Laurel.Events.Activities;

/// <summary>
/// Measures sessions by heartbeats: what counts is the time since the last one, never what a client says. The part between two
/// heartbeats is one `session` activity whose id is made of where it begins, so that it counts once, whatever fails in between.
/// </summary>
internal sealed class Presence(EventsDatabase database, Intake intake)
{
    /// <summary>A longer silence ends the session; it counts nothing.</summary>
    public static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(120);

    /// <summary>Less is not worth an activity yet, and is counted by a later heartbeat.</summary>
    public static readonly TimeSpan ShortestPart = TimeSpan.FromSeconds(10);

    private const int MaxAttempts = 3;

    /// <summary>The time that this heartbeat has added.</summary>
    public async Task<TimeSpan> Beat(string userId, DateTimeOffset now, CancellationToken cancellation)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            if (await LastSeen(userId, now, cancellation) is not { } seen)
                return TimeSpan.Zero;
            var gap = now - seen;
            if (gap > LongestGap)
            {
                await Advance(userId, seen, now, cancellation);
                return TimeSpan.Zero;
            }

            var part = TimeSpan.FromSeconds(Math.Floor(gap.TotalSeconds));
            if (part < ShortestPart)
                return TimeSpan.Zero;
            if (await Count(userId, seen, part, cancellation))
                return part;
        }

        return TimeSpan.Zero;
    }

    /// <summary>False where this part had been counted before, by a heartbeat that did not come to its end or one beside this.</summary>
    private async Task<bool> Count(string userId, DateTimeOffset seen, TimeSpan part, CancellationToken cancellation)
    {
        var id = $"session:{seen.UtcTicks / TimeSpan.TicksPerMicrosecond}";
        var activity = new NewActivity(userId, id, new Activity(ActivityTypes.Session, seen + part, (long)part.TotalSeconds, Attributes.None), Source: null)
        {
            IsContentCompared = false,
        };
        var result = (await intake.Take([activity], cancellation))[0];
        if (result.Outcome == ActivityOutcome.Accepted)
        {
            await Advance(userId, seen, seen + part, cancellation);
            return true;
        }

        if (await Counted(userId, id, cancellation) is { } counted)
            await Advance(userId, seen, seen + TimeSpan.FromSeconds(counted), cancellation);
        return false;
    }

    /// <summary>Null where this is the first heartbeat of all.</summary>
    private Task<DateTimeOffset?> LastSeen(string userId, DateTimeOffset now, CancellationToken cancellation) =>
        database.Any.QueryOne(
            """
            WITH first AS (
                INSERT INTO presence (user_id, seen_at)
                VALUES ($1, $2)
                ON CONFLICT (user_id) DO NOTHING
                RETURNING seen_at
            )
            SELECT seen_at
            FROM presence
            WHERE user_id = $1
            """,
            row => (DateTimeOffset?)row.Time(0), [userId, NewActivity.Stored(now)], cancellation);

    private Task<int> Advance(string userId, DateTimeOffset seen, DateTimeOffset to, CancellationToken cancellation) =>
        database.Any.Execute(
            "UPDATE presence SET seen_at = $3 WHERE user_id = $1 AND seen_at = $2", [userId, seen, NewActivity.Stored(to)], cancellation);

    private Task<long?> Counted(string userId, string id, CancellationToken cancellation) =>
        database.Any.QueryOne(
            "SELECT value FROM activities WHERE user_id = $1 AND id = $2 ORDER BY generation DESC LIMIT 1",
            row => (long?)row.GetInt64(0), [userId, id], cancellation);
}
