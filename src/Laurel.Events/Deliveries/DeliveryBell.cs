using System.Collections.Concurrent;

namespace Laurel.Events.Deliveries;

/// <summary>Tells those who deliver in this process that something new is there, so that it waits for nobody's next look.</summary>
internal sealed class DeliveryBell
{
    private readonly ConcurrentDictionary<SemaphoreSlim, bool> _listeners = [];

    /// <summary>To be called when what is new is committed.</summary>
    public void Ring()
    {
        foreach (var listener in _listeners.Keys)
            Ring(listener);
    }

    public Listener Listen()
    {
        var ears = new SemaphoreSlim(0, 1);
        _listeners.TryAdd(ears, true);
        return new Listener(this, ears);
    }

    private static void Ring(SemaphoreSlim listener)
    {
        try
        {
            listener.Release();
        }
        catch (SemaphoreFullException)
        {
            // It has been told already, and has not looked yet.
        }
        catch (ObjectDisposedException)
        {
            // It has just gone.
        }
    }

    public sealed class Listener(DeliveryBell bell, SemaphoreSlim ears) : IDisposable
    {
        /// <summary>Until the bell rings, or has rung since the last time; so long at most.</summary>
        public Task<bool> Wait(TimeSpan atMost, CancellationToken cancellation) => ears.WaitAsync(atMost, cancellation);

        public void Dispose()
        {
            bell._listeners.TryRemove(ears, out _);
            ears.Dispose();
        }
    }
}
