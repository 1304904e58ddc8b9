using Laurel.Platform.Postgres;

namespace Laurel.Events.Claims;

/// <summary>
/// How long answers are kept for requests that are sent again. After that a key is a new one; but what it was for can still be done
/// only once: a claim has its own key, and a transfer keeps the key of its request for good. A grant by hand has nothing but the key of
/// its request, so that one lasts.
/// </summary>
internal sealed class KeptAnswers(EventsDatabase database)
{
    public const int Days = 7;
    public const int BatchSize = 5_000;

    /// <summary>Removes those that are older, some at a time, so that nobody waits for it; by the clock that has stamped them.</summary>
    public async Task Sweep(CancellationToken cancellation)
    {
        int removed;
        do
        {
            removed = await database.Any.Execute(
                """
                DELETE FROM idempotency_keys
                WHERE ctid = ANY (ARRAY (SELECT ctid FROM idempotency_keys WHERE created_at < now() - make_interval(days => $1) AND NOT lasting LIMIT $2))
                """,
                [Days, BatchSize], cancellation);
        }
        while (removed == BatchSize);
    }
}
