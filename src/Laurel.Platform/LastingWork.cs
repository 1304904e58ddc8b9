using Microsoft.Extensions.Hosting;

namespace Laurel.Platform;

/// <summary>
/// Work that goes on as long as the host does. A host that cannot start, since its port is taken, ends it before it has begun: that is no
/// failure of the work, and must not be told beside what went wrong.
/// </summary>
public abstract class LastingWork : BackgroundService
{
    private bool _isEnding;
    private Task? _told;

    public override Task? ExecuteTask => base.ExecuteTask is { } work ? _told ??= Tell(work) : null;

    public override void Dispose()
    {
        _isEnding = true;
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task Tell(Task work)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (_isEnding)
        {
            // Ended before its first step.
        }
    }
}
