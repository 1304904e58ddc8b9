using System.Diagnostics;

namespace Laurel.Events.Deliveries;

/// <summary>Since when an endpoint has failed, as this process and the others see it together.</summary>
internal sealed class EndpointHealth(WebhookId webhook, WebhookStore webhooks, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private long _kept = Stopwatch.GetTimestamp();
    private int _succeeded;
    private int _failed;
    private int _disabling;

    public void Saw(bool success)
    {
        if (success)
            Volatile.Write(ref _succeeded, 1);
        else
            Volatile.Write(ref _failed, 1);
    }

    /// <summary>It has answered that it is gone. Many attempts that are under way may be told the same; one of them switches it off.</summary>
    public async Task Gone()
    {
        if (Interlocked.Exchange(ref _disabling, 1) != 0)
            return;
        try
        {
            await webhooks.Disable(webhook, "It answered 410 (Gone).", CancellationToken.None);
        }
        catch
        {
            // The next one that is told so tries it again.
            Volatile.Write(ref _disabling, 0);
            throw;
        }
    }

    /// <summary>
    /// Writes once a second at most, and only what changes: one success in it outweighs all failures, since who is down for days has none.
    /// </summary>
    public async Task Keep(CancellationToken cancellation)
    {
        if (Stopwatch.GetElapsedTime(_kept) < Interval)
            return;
        _kept = Stopwatch.GetTimestamp();
        var (succeeded, failed) = (Interlocked.Exchange(ref _succeeded, 0) == 1, Interlocked.Exchange(ref _failed, 0) == 1);
        if (succeeded)
            await webhooks.Recovered(webhook, cancellation);
        else if (failed && await webhooks.Failing(webhook, cancellation) is { } since && since <= time.GetUtcNow() - WebhookStore.LongestFailing)
            await webhooks.DisableFailing(webhook, cancellation);
    }
}
