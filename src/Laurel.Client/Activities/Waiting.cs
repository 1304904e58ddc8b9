namespace Laurel.Client;

/// <summary>What waits to be sent: an activity, or the mark of somebody who waits for all before it.</summary>
/// <param name="Activity">The activity; null for a mark.</param>
/// <param name="Json">As it is sent. It is written by who reports it: what cannot be written is that caller's to hear.</param>
/// <param name="Settled">Of a mark: set when it is reached.</param>
internal sealed record Waiting(ActivityReport? Activity, byte[] Json, TaskCompletionSource? Settled = null)
{
    public static Waiting Of(ActivityReport activity, TimeProvider time)
    {
        var complete = ActivityReport.Complete(activity, time);
        return new Waiting(complete, Transport.Write(complete, WireJson.Default.ActivityReport));
    }
}
