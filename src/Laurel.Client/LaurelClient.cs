namespace Laurel.Client;

/// <summary>
/// Laurel, as a game server sees it. One for a process: it may be used by many at once, and shares one token and one connection pool.
/// </summary>
public sealed class LaurelClient : IAsyncDisposable
{
    private readonly Transport _transport;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Nothing is sent until something is asked for.</summary>
    public LaurelClient(LaurelClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Flaw() is { } flaw)
            throw new ArgumentException(flaw, nameof(options));
        _transport = new Transport(options);
        Activities = new ActivityReporter(_transport, options.Activities, _stopping.Token);
        Deliveries = new DeliveryDesk(_transport);
        Points = new PointsDesk(_transport);
    }

    /// <summary>What users did. Needs the scope <c>activities:write</c>.</summary>
    public ActivityReporter Activities { get; }

    /// <summary>What is to be handed over to users, where no webhook does it, and what became of it. Needs the scope <c>deliveries:write</c>.</summary>
    public DeliveryDesk Deliveries { get; }

    /// <summary>Users' points. Needs the scope <c>points:write</c>.</summary>
    public PointsDesk Points { get; }

    /// <summary>Waits until the activities that were reported are settled, for as long as <see cref="ActivityOptions.DrainFor"/> says.</summary>
    public async ValueTask DisposeAsync()
    {
        await Activities.Close(_stopping);
        _stopping.Dispose();
        _transport.Dispose();
    }
}
