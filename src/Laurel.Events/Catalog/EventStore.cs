using Laurel.Events.Activities;
using Laurel.Events.Claims;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Catalog;

internal sealed record EventFilter(EventStatus? Status, Phase? Phase, string? Text, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>Who wants to change an event, and which version of it they have seen.</summary>
/// <param name="By">Who.</param>
/// <param name="Seen">The version.</param>
/// <param name="Overwrites">Whether it would undo what somebody else has just set, and so has to have seen it.</param>
internal sealed record Editor(Actor By, IfMatch Seen, bool Overwrites);

/// <summary>Events and their offers in the database.</summary>
internal sealed class EventStore(NpgsqlDataSource database, EventCatalog catalog, EventWriter writer, TimeProvider time, ILogger<EventStore> log)
{
    public Task<EventDecision> Create(NewEventRequest request, Actor by, CancellationToken cancellation) =>
        OfferingOnce(() => catalog.Change(
            async transaction =>
            {
                var now = time.GetUtcNow();
                var rewards = await RewardStore.Find(transaction, request.Offers.Select(offer => offer.RewardId), cancellation);
                var decision = EventDecisions.Create(request, rewards, by.Id, now);
                return decision.Outcome == EventOutcome.Changed
                    ? decision with { Event = await EventWriter.Insert(transaction, decision.Event!, by, cancellation) }
                    : decision;
            },
            cancellation));

    public Task<EventDecision> Edit(EventId id, Patch<EventRequest> patch, Editor editor, CancellationToken cancellation) =>
        Change(id, editor, (_, before, now) => Task.FromResult(EventDecisions.Edit(before, patch, now)), cancellation);

    public Task<EventDecision> Switch(EventId id, EventSwitch to, Editor editor, CancellationToken cancellation) =>
        Change(id, editor, (_, before, now) => Task.FromResult(EventDecisions.Switch(before, to, now)), cancellation);

    /// <summary>Has all progress in it counted anew.</summary>
    public Task<EventDecision> Replay(EventId id, Editor editor, CancellationToken cancellation) =>
        Change(id, editor, (_, before, now) => Task.FromResult(EventDecisions.Replay(before, now)), cancellation);

    public Task<EventDecision> AddOffer(EventId id, OfferId offer, OfferRequest wanted, Editor editor, CancellationToken cancellation) =>
        Change(
            id,
            editor,
            async (transaction, before, now) =>
                EventDecisions.AddOffer(before, offer, wanted, await RewardStore.Find(transaction, wanted.RewardId, cancellation), now),
            cancellation);

    public Task<EventDecision> ChangeOffer(EventId id, OfferId offer, Patch<OfferRequest> patch, Editor editor, CancellationToken cancellation) =>
        Change(
            id,
            editor,
            async (transaction, before, now) =>
            {
                if (before.Offers.FirstOrDefault(known => known.Id == offer) is not { } found)
                    return EventOutcome.NotFound;
                var wanted = patch.ApplyTo(found.Request);
                return EventDecisions.ChangeOffer(before, found, wanted, await RewardStore.Find(transaction, wanted.RewardId, cancellation), now);
            },
            cancellation);

    public Task<EventDecision> RemoveOffer(EventId id, OfferId offer, Editor editor, CancellationToken cancellation) =>
        Change(
            id,
            editor,
            async (transaction, before, now) => await HasClaims(transaction, before, offer, cancellation)
                ? EventOutcome.OfferHasClaims
                : EventDecisions.RemoveOffer(before, offer, now),
            cancellation);

    public Task<EventOutcome> Delete(EventId id, IfMatch seen, Actor by, CancellationToken cancellation) =>
        catalog.Change(
            async transaction =>
            {
                if (await Find(transaction, id, cancellation) is not { } before)
                    return EventOutcome.NotFound;
                if (!seen.Permits(before.Version))
                    return EventOutcome.VersionMismatch;
                if (await transaction.Execute("DELETE FROM events WHERE id = $1 AND status = 'draft'", [id.Value], cancellation) == 0)
                    return EventOutcome.NotADraft;
                await Stocks.Remove(transaction, before.Offers.Select(offer => offer.Id.Value), cancellation);
                await AuditTrail.Add(transaction, EventAudit.Deleted(by, before), cancellation);
                return EventOutcome.Changed;
            },
            cancellation);

    public Task<Event?> Find(EventId id, CancellationToken cancellation) =>
        database.QueryOne($"SELECT {EventRows.Columns} FROM events WHERE id = $1", row => EventRows.Read(row), [id.Value], cancellation);

    /// <summary>An event that cannot be read has its place in the list, and nothing in it.</summary>
    public Task<List<(EventId Id, Event? Event)>> List(EventFilter filter, Guid? before, int limit, CancellationToken cancellation) =>
        database.Query(
            $"""
            SELECT {EventRows.Columns}
            FROM events
            WHERE ($1::text IS NULL OR status = $1)
              AND ($2::text IS NULL OR $2 = CASE
                      WHEN $3 < starts_at THEN 'upcoming'
                      WHEN $3 < ends_at THEN 'running'
                      WHEN $3 < ends_at + claim_within_seconds * interval '1 second' THEN 'claimable'
                      ELSE 'over'
                  END)
              AND ($4::text IS NULL OR title ILIKE $4 OR description ILIKE $4)
              AND ($5::timestamptz IS NULL OR ends_at > $5)
              AND ($6::timestamptz IS NULL OR starts_at < $6)
              AND ($7::uuid IS NULL OR id < $7)
            ORDER BY id DESC
            LIMIT $8
            """,
            Listed,
            [
                filter.Status is { } status ? WireNames<EventStatus>.Of(status) : null,
                filter.Phase is { } phase ? WireNames<Phase>.Of(phase) : null,
                time.GetUtcNow(),
                filter.Text is { } text ? Sql.Containing(text) : null,
                filter.From?.ToUniversalTime(),
                filter.To?.ToUniversalTime(),
                before,
                limit,
            ],
            cancellation);

    public Task<List<EventVersion>> Versions(EventId id, int? before, int limit, CancellationToken cancellation) =>
        database.Query(
            """
            SELECT version, change, changed_at, changed_by, content
            FROM event_versions
            WHERE event_id = $1 AND ($2::int IS NULL OR version < $2)
            ORDER BY version DESC
            LIMIT $3
            """,
            row => new EventVersion(
                row.GetInt32(0),
                WireNames<EventChange>.Parse(row.GetString(1)),
                row.Time(2),
                row.GetString(3),
                FreeForm.Parse(row.GetString(4))),
            [id.Value, before, limit], cancellation);

    /// <summary>The constraint is what decides, so it also does between two operators at once.</summary>
    private static async Task<EventDecision> OfferingOnce(Func<Task<EventDecision>> change)
    {
        try
        {
            return await change();
        }
        catch (PostgresException exception) when (exception.ConstraintName == "offers_one_per_reward")
        {
            return EventOutcome.RewardAlreadyOffered;
        }
        catch (PostgresException exception) when (exception.ConstraintName == Stocks.BelowTaken)
        {
            return new EventDecision(EventOutcome.RuleBroken, Broken: [RewardRules.BelowTaken]);
        }
    }

    /// <summary>Behind the fence: nobody can claim it meanwhile.</summary>
    private static async Task<bool> HasClaims(NpgsqlTransaction transaction, Event before, OfferId offer, CancellationToken cancellation) =>
        before.FirstActivatedAt is not null && (await transaction.Query(
            "SELECT true FROM claims WHERE event_id = $1 AND offer_id = $2 LIMIT 1", row => row.GetBoolean(0), [before.Id.Value, offer.Value], cancellation)).Count > 0;

    private static async Task<Event?> Find(NpgsqlTransaction transaction, EventId id, CancellationToken cancellation) =>
        (await transaction.Query($"SELECT {EventRows.Columns} FROM events WHERE id = $1", row => EventRows.Read(row), [id.Value], cancellation)).SingleOrDefault();

    /// <summary>Windows would be claimed in again, or for longer than what they are made of is kept.</summary>
    private static bool ReachesFurther(Event before, Event after) =>
        before.FirstActivatedAt is not null && after.Request.ClaimWithinSeconds > before.Request.ClaimWithinSeconds;

    /// <summary>Reads the event behind the fence, lets the decision be made on it, and makes it true.</summary>
    private Task<EventDecision> Change(
        EventId id, Editor editor, Func<NpgsqlTransaction, Event, DateTimeOffset, Task<EventDecision>> decide, CancellationToken cancellation) =>
        OfferingOnce(() => catalog.Change(
            async transaction =>
            {
                if (await Find(transaction, id, cancellation) is not { } before)
                    return EventOutcome.NotFound;
                if (!editor.Seen.Permits(before.Version))
                    return EventOutcome.VersionMismatch;
                if (editor.Overwrites && editor.Seen.IsAbsent && before.Status == EventStatus.Active && before.UpdatedBy != editor.By.Id)
                    return EventOutcome.IfMatchRequired;

                var now = time.GetUtcNow();
                var decision = await decide(transaction, before, now);
                if (decision.Outcome != EventOutcome.Changed)
                    return decision;
                var recount = decision.Change == EventChange.Replayed ? Recount.Everything : Recounts.Needed(before, decision.Event!, now);
                if ((recount == Recount.Everything || ReachesFurther(before, decision.Event!)) && !Reach.Covers(await CatalogReader.ReadLog(transaction, cancellation), decision.Event!, now))
                    return EventOutcome.BeyondHorizon;
                return decision with { Event = await writer.Update(transaction, before, decision, recount, editor.By, now, cancellation) };
            },
            cancellation));

    private (EventId, Event?) Listed(NpgsqlDataReader row)
    {
        try
        {
            return (new EventId(row.GetGuid(0)), EventRows.Read(row));
        }
        catch (EventUnreadableException exception)
        {
            log.LogError(exception, "The event {Event} is left out of a list", row.GetGuid(0));
            return (new EventId(row.GetGuid(0)), null);
        }
    }
}
