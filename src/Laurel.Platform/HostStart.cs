using Microsoft.Extensions.Hosting;

namespace Laurel.Platform;

public static class HostStart
{
    /// <summary>Waits until the server listens. One that cannot ends before it has begun: then false.</summary>
    public static async Task<bool> HasStarted(this IHostApplicationLifetime lifetime, CancellationToken stopping)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        try
        {
            await started.Task.WaitAsync(stopping);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
