using Laurel.Platform.Http;

namespace Laurel.Events;

/// <summary>The refusals of the events service.</summary>
public static class EventsErrors
{
    public static readonly Error RewardAlreadyOffered = new(409, "reward_already_offered", "The event offers this reward already");
    public static readonly Error NotADraft = new(409, "not_a_draft", "Only drafts can be deleted");
    public static readonly Error StillADraft = new(409, "still_a_draft", "The event is a draft: it has never been active");
    public static readonly Error CalendarFrozen = new(409, "calendar_frozen", "Time zone, start of day and repeats stay after the first activation");
    public static readonly Error EventNotRunning = new(409, "event_not_running", "The event is not running: it has not begun, is over, or is switched off");
    public static readonly Error EventUnreadable = new(409, "event_unreadable", "The event was stored by another version of Laurel, which knows more");
    public static readonly Error BeyondHorizon = new(422, "beyond_horizon", "Not all activities of that time are stored any more");
    public static readonly Error AlreadyClaimed = new(409, "already_claimed", "This has been claimed already");
    public static readonly Error ApprovalPending = new(409, "approval_pending", "This has been claimed already, and waits for approval");
    public static readonly Error ClaimRejected = new(409, "claim_rejected", "This has been claimed, and was rejected");
    public static readonly Error SoldOut = new(409, "sold_out", "There are none left");
    public static readonly Error OfferClosed = new(409, "offer_closed", "This can no longer be claimed");
    public static readonly Error ConditionNotMet = new(422, "condition_not_met", "The condition is not met yet");
    public static readonly Error IdempotencyKeyReused = new(422, "idempotency_key_reused", "The same Idempotency-Key was sent with another request");
    public static readonly Error BalanceFull = new(422, "balance_full", "The wallet cannot hold so many points");
    public static readonly Error IdempotencyKeyRequired = new(400, "idempotency_key_required", "Send an Idempotency-Key, so that a retry has its effect once");
    public static readonly Error AlreadyReversed = new(409, "already_reversed", "The transfer has been reversed already");
    public static readonly Error NotReversible = new(409, "not_reversible", "A reversal is not reversed, and the points of a claim go back with it");
    public static readonly Error CouponsExpired = new(409, "coupons_expired", "The code that was put aside has expired, and there is no other");
    public static readonly Error OwnClaim = new(403, "own_claim", "Nobody decides on a claim of their own");
    public static readonly Error OwnGrant = new(403, "own_grant", "Somebody else approves what one has granted");
    public static readonly Error AlreadyDecided = new(409, "already_decided", "This is not what can be decided about the claim any more");
    public static readonly Error InsufficientPoints = new(422, "insufficient_points", "There are not so many points in the wallet");
    public static readonly Error OfferHasClaims = new(409, "offer_has_claims", "It has been claimed; close it instead");
    public static readonly Error JobNotFailed = new(409, "job_not_failed", "Only a job that has failed can be tried again");
    public static readonly Error NoCouponPool = new(409, "no_coupon_pool", "The reward names no such pool of coupons");
    public static readonly Error WhichPool = new(422, "which_pool", "The reward names several pools of coupons; say which one is meant");
    public static readonly Error AnotherWebhookFulfils = new(409, "another_webhook_fulfils", "Another webhook fulfils already, and only one can");
    public static readonly Error TooManyWebhooks = new(409, "too_many_webhooks", "There are as many webhooks as there can be");
    public static readonly Error DeliveryDecided = new(409, "delivery_decided", "What becomes of this delivery has been decided");
    public static readonly Error DeliveryLeased = new(409, "delivery_leased", "Somebody else has this delivery now");
    public static readonly Error InvalidSignature = new(401, "invalid_signature", "The call back is not signed by the endpoint that this is for");
}
