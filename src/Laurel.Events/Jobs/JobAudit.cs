using Laurel.Platform.Audit;

namespace Laurel.Events.Jobs;

/// <summary>How jobs that somebody asks for are told in the audit trail. Those that follow from a change are told with it.</summary>
internal static class JobAudit
{
    public static AuditEntry Started(Actor by, string action, EventId @event, JobId job) => new(by, action, "event", @event.ToString(), After: new { jobId = job });

    public static AuditEntry Retried(Actor by, JobId job) => new(by, "job.retried", "job", job.ToString());
}
