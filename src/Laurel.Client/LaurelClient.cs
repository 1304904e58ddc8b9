namespace Laurel.Client;

/// <summary>
/// Laurel, as a game server sees it. One for a process: it may be used by many at once, and shares one token and one connection pool.
/// </summary>
public sealed class LaurelClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Nothing is sent until something is asked for.</summary>
    public LaurelClient(LaurelClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Flaw() is { } flaw)
            throw new ArgumentException(flaw, nameof(options));
        Transport = new Transport(options);
        Activities = new ActivityReporter(Transport, options.Activities, _stopping.Token);
        Deliveries = new DeliveryDesk(Transport);
        Points = new PointsDesk(Transport);
    }

    /// <summary>What users did. Needs the scope <c>activities:write</c>.</summary>
    public ActivityReporter Activities { get; }

    /// <summary>What is to be handed over to users, where no webhook does it, and what became of it. Needs the scope <c>deliveries:write</c>.</summary>
    public DeliveryDesk Deliveries { get; }

    /// <summary>Users' points. Needs the scope <c>points:write</c>.</summary>
    public PointsDesk Points { get; }

    internal Transport Transport { get; }

    /// <summary>Waits until the activities that were reported are settled, for as long as <see cref="ActivityOptions.DrainFor"/> says.</summary>
    public async ValueTask DisposeAsync()
    {
        await Activities.Close(_stopping);
        _stopping.Dispose();
        Transport.Dispose();
    }
}
