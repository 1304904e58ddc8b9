using Laurel.Platform.Audit;
using Laurel.Platform.Http;

namespace Laurel.Events.Catalog;

/// <summary>How changes of events are told in the audit trail.</summary>
internal static class EventAudit
{
    private const string Kind = "event";

    public static AuditEntry Created(Actor by, Event made) => new(by, Name(EventChange.Created), Kind, made.Id.ToString(), After: new EventContent(made));

    public static AuditEntry Deleted(Actor by, Event before) => new(by, "event.deleted", Kind, before.Id.ToString(), new EventContent(before));

    /// <summary>That an event is folded again after a quarantine is something that an operator has done, and stands for itself.</summary>
    public static IReadOnlyList<AuditEntry> Changed(Actor by, EventChange change, Event before, Event after)
    {
        var changed = new AuditEntry(by, Name(change), Kind, after.Id.ToString(), new EventContent(before), new EventContent(after));
        return before.Quarantine is { } lifted && after.Quarantine is null
            ? [changed, new AuditEntry(by, "event.quarantineLifted", Kind, after.Id.ToString(), lifted)]
            : [changed];
    }

    private static string Name(EventChange change) => $"event.{WireNames<EventChange>.Of(change)}";
}
