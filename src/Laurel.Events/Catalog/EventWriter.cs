using System.Text.Json;
using Laurel.Events.Claims;
using Laurel.Events.Jobs;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Npgsql;

namespace Laurel.Events.Catalog;

/// <summary>Makes decisions on events true, in the transaction of the change: the rows, the version that is kept, the job it asks for.</summary>
internal sealed class EventWriter(JobStore jobs)
{
    public static async Task<Event> Insert(NpgsqlTransaction transaction, Event made, Actor by, CancellationToken cancellation)
    {
        await transaction.Execute(
            """
            INSERT INTO events (
                id, status, title, description, starts_at, ends_at, time_zone, day_starts_at, repeats, claim_within_seconds,
                condition, version, next_ordinal, created_at, created_by, updated_at)
            VALUES ($1, 'draft', $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13, $14, $13)
            """,
            [made.Id.Value, .. Values(made.Request), made.Version, made.NextOrdinal, made.CreatedAt, by.Id], cancellation);
        await AddOffers(transaction, made.Id, made.Offers, made.CreatedAt, cancellation);
        await Keep(transaction, made, EventChange.Created, cancellation);
        await AuditTrail.Add(transaction, EventAudit.Created(by, made), cancellation);
        return made;
    }

    /// <summary>The event as it is now.</summary>
    public async Task<Event> Update(
        NpgsqlTransaction transaction, Event before, EventDecision decision, Recount recount, Actor by, DateTimeOffset now, CancellationToken cancellation)
    {
        var epoch = recount == Recount.Everything ? before.Epoch + 1 : before.Epoch;
        var after = decision.Event! with
        {
            Version = before.Version + 1,
            Epoch = epoch,
            Quarantine = recount == Recount.Everything ? null : before.Quarantine,
            UpdatedAt = now,
            UpdatedBy = by.Id,
        };
        await transaction.Execute(
            """
            UPDATE events
            SET title = $2, description = $3, starts_at = $4, ends_at = $5, time_zone = $6, day_starts_at = $7, repeats = $8,
                claim_within_seconds = $9, condition = $10::jsonb, version = $11, status = $12, epoch = $13, next_ordinal = $14,
                first_activated_at = $15, updated_at = $16
            WHERE id = $1
            """,
            [
                after.Id.Value, .. Values(after.Request), after.Version, WireNames<EventStatus>.Of(after.Status), after.Epoch, after.NextOrdinal,
                after.FirstActivatedAt, now,
            ],
            cancellation);
        await RemoveOffers(transaction, before.Offers.ExceptBy(after.Offers.Select(offer => offer.Id), offer => offer.Id), cancellation);
        await ChangeOffers(transaction, after.Offers.IntersectBy(before.Offers.Select(offer => offer.Id), offer => offer.Id).Except(before.Offers), cancellation);
        await AddOffers(transaction, after.Id, after.Offers.ExceptBy(before.Offers.Select(offer => offer.Id), offer => offer.Id), now, cancellation);
        if (after.Quarantine is null && before.Quarantine is not null)
            await transaction.Execute("DELETE FROM quarantines WHERE event_id = $1", [after.Id.Value], cancellation);
        await Keep(transaction, after, decision.Change, cancellation);
        if (Job(recount) is { } job)
            await jobs.Enqueue(transaction, job, after.Id, epoch, by.Id, cancellation);
        await AuditTrail.Add(transaction, EventAudit.Changed(by, decision.Change, before, after), cancellation);
        return after;
    }

    private static JobKind? Job(Recount recount) => recount switch
    {
        Recount.Nothing => null,
        Recount.Goals => JobKind.Rejudge,
        Recount.Everything => JobKind.CatchUp,
    };

    private static object?[] Values(EventRequest request) =>
    [
        request.Title, request.Description, request.StartsAt.ToUniversalTime(), request.EndsAt.ToUniversalTime(), request.TimeZone, request.DayStartsAt,
        WireNames<Repeats>.Of(request.Repeats), request.ClaimWithinSeconds, Json(request.Condition),
    ];

    private static async Task AddOffers(
        NpgsqlTransaction transaction, EventId @event, IEnumerable<Offer> offers, DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var offer in offers)
        {
            await transaction.Execute(
                """
                INSERT INTO offers (
                    id, event_id, ordinal, reward_id, condition, requires_approval, auto_claim, stock, closed, created_at,
                    approval_deadline_seconds, on_deadline)
                VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11, $12)
                """,
                [
                    offer.Id.Value, @event.Value, offer.Ordinal, offer.RewardId.Value, offer.Condition is { } own ? Json(own) : null,
                    offer.RequiresApproval, offer.AutoClaim, offer.Stock, offer.Closed, now,
                    offer.ApprovalDeadlineSeconds, OnDeadline(offer),
                ],
                cancellation);
            await Stocks.Set(transaction, offer.Id.Value, offer.Stock, cancellation);
        }
    }

    private static async Task ChangeOffers(NpgsqlTransaction transaction, IEnumerable<Offer> offers, CancellationToken cancellation)
    {
        foreach (var offer in offers)
        {
            await transaction.Execute(
                """
                UPDATE offers
                SET reward_id = $2, condition = $3::jsonb, requires_approval = $4, auto_claim = $5, stock = $6, closed = $7,
                    approval_deadline_seconds = $8, on_deadline = $9
                WHERE id = $1
                """,
                [
                    offer.Id.Value, offer.RewardId.Value, offer.Condition is { } own ? Json(own) : null,
                    offer.RequiresApproval, offer.AutoClaim, offer.Stock, offer.Closed,
                    offer.ApprovalDeadlineSeconds, OnDeadline(offer),
                ],
                cancellation);
            await Stocks.Set(transaction, offer.Id.Value, offer.Stock, cancellation);
        }
    }

    private static async Task RemoveOffers(NpgsqlTransaction transaction, IEnumerable<Offer> offers, CancellationToken cancellation)
    {
        var ids = offers.Select(offer => offer.Id.Value).ToArray();
        await transaction.Execute("DELETE FROM offers WHERE id = ANY ($1)", [ids], cancellation);
        await Stocks.Remove(transaction, ids, cancellation);
    }

    private static Task<int> Keep(NpgsqlTransaction transaction, Event made, EventChange change, CancellationToken cancellation) =>
        transaction.Execute(
            """
            INSERT INTO event_versions (event_id, version, change, changed_at, changed_by, content)
            VALUES ($1, $2, $3, $4, $5, $6::jsonb)
            """,
            [
                made.Id.Value, made.Version, WireNames<EventChange>.Of(change), made.UpdatedAt, made.UpdatedBy,
                JsonSerializer.Serialize(new EventContent(made), JsonRules.Options),
            ],
            cancellation);

    private static string? OnDeadline(Offer offer) => offer.OnDeadline is { } outcome ? WireNames<DeadlineOutcome>.Of(outcome) : null;

    private static string Json(Condition condition) => JsonSerializer.Serialize(condition, JsonRules.Options);
}
