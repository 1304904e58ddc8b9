namespace Laurel.Platform;

/// <summary>Tells one who waits that there is something to do. Whoever is told many times before it looks is told once.</summary>
public sealed class Signal : IDisposable
{
    private readonly SemaphoreSlim _told = new(0, 1);

    public void Tell()
    {
        try
        {
            _told.Release();
        }
        catch (SemaphoreFullException)
        {
            // It has been told already, and has not looked yet.
        }
    }

    /// <summary>Until it is told, or has been since the last time; so long at most.</summary>
    /// <returns>Whether it was told.</returns>
    public Task<bool> Told(TimeSpan atMost, CancellationToken cancellation) => _told.WaitAsync(atMost, cancellation);

    public void Dispose() => _told.Dispose();
}
