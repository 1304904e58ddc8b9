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
    public static readonly Error JobNotFailed = new(409, "job_not_failed", "Only a job that has failed can be tried again");
}
