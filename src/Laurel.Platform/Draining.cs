using System.Diagnostics.CodeAnalysis;

namespace Laurel.Platform;

/// <summary>A process that is about to stop still serves, and says that it is not ready: so that whoever sends it requests looks elsewhere first.</summary>
[SuppressMessage("Design", "CA1001", Justification = "It holds no handle and no timer, and may be told to begin until the very end.")]
public sealed class Draining
{
    private readonly CancellationTokenSource _begun = new();

    public bool HasBegun => _begun.IsCancellationRequested;

    /// <summary>Ends when it has begun.</summary>
    public CancellationToken Begun => _begun.Token;

    public void Begin() => _begun.Cancel();
}
