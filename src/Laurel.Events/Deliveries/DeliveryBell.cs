using System.Collections.Concurrent;
using Laurel.Platform;

namespace Laurel.Events.Deliveries;

/// <summary>Tells those who deliver in this process that something new is there, so that it waits for nobody's next look.</summary>
internal sealed class DeliveryBell
{
    private readonly ConcurrentDictionary<Signal, bool> _listeners = [];

    /// <summary>To be called when what is new is committed.</summary>
    public void Ring()
    {
        foreach (var listener in _listeners.Keys)
            Ring(listener);
    }

    public Listener Listen()
    {
        var ears = new Signal();
        _listeners.TryAdd(ears, true);
        return new Listener(this, ears);
    }

    private static void Ring(Signal listener)
    {
        try
        {
            listener.Tell();
        }
        catch (ObjectDisposedException)
        {
            // It has just gone.
        }
    }

    public sealed class Listener(DeliveryBell bell, Signal ears) : IDisposable
    {
        /// <summary>Until the bell rings, or has rung since the last time; so long at most.</summary>
        public Task<bool> Wait(TimeSpan atMost, CancellationToken cancellation) => ears.Told(atMost, cancellation);

        public void Dispose()
        {
            bell._listeners.TryRemove(ears, out _);
            ears.Dispose();
        }
    }
}
