using System.Net;
using System.Text.Json.Serialization.Metadata;

namespace Laurel.Client;

/// <summary>
/// Puts this process behind Laurel's gateway and keeps it there: it says where the process is and what it serves, again every few seconds,
/// and that it goes when it goes. Whatever becomes of Laurel meanwhile, nothing is thrown into the life of the process. One that dies is
/// taken out within seconds. Needs the scope <c>services:register</c>.
/// </summary>
public sealed class ServiceRegistration : IAsyncDisposable
{
    /// <summary>While Laurel is away it is asked often: a process that is back late is missed by players.</summary>
    private static readonly TimeSpan LongestPauseOfOutage = TimeSpan.FromSeconds(1);

    /// <summary>Who waited longer for a process of Laurel's that hangs would lose the lease to it; and a process that goes is not held up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly Transport _transport;
    private readonly ServiceOptions _options;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _one = new();
    private Task? _work;
    private Task? _stop;
    private volatile byte[]? _key;
    private volatile bool _isGone;
    private string? _told;

    /// <summary>Nothing is sent before <see cref="Start"/>.</summary>
    /// <exception cref="ArgumentException">One of the options cannot be.</exception>
    public ServiceRegistration(LaurelClient client, ServiceOptions options)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Flaw() is { } flaw)
            throw new ArgumentException(flaw, nameof(options));
        (_transport, _options) = (client.Transport, options);
    }

    /// <summary>
    /// Whether Laurel has taken it since it started, so that it can tell who calls. It stays so while Laurel is away, until
    /// <see cref="Stop"/> has said that it goes: what the health path should answer by.
    /// </summary>
    public bool IsReady => _key is not null && !_isGone;

    /// <summary>Begins to register this process, which should be listening by now. Returns at once.</summary>
    public void Start()
    {
        lock (_one)
        {
            if (_stop is null)
                _work ??= Task.Run(() => KeepRegistered(_stopping.Token), CancellationToken.None);
        }
    }

    /// <summary>
    /// Goes along with a host: of ASP.NET Core <c>app.Lifetime.ApplicationStarted</c> and <c>app.Lifetime.ApplicationStopping</c>. The host
    /// stops when this process was taken out, so that no request is lost.
    /// </summary>
    public void Follow(CancellationToken started, CancellationToken stopping)
    {
        started.Register(Start);
        // The host goes on when this returns.
        stopping.Register(() => Stop().Wait(CancellationToken.None));
    }

    /// <summary>
    /// Who sent a request, by its headers; null where it came with nobody's token, or not through a gateway: then it is to be answered with
    /// 401, unless anyone may ask. What clients claim of themselves is never returned.
    /// </summary>
    /// <param name="header">Gives the value of a header by its name; null where there is none.</param>
    public VerifiedUser? User(Func<string, string?> header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return _key is { } key ? Introduction.Read(header, key, _transport.Time.GetUtcNow()) : null;
    }

    /// <summary>Takes this process out, and returns when the gateways send it nothing more; it should serve until then. Throws nothing.</summary>
    public Task Stop()
    {
        lock (_one)
            return _stop ??= Task.Run(Leave, CancellationToken.None);
    }

    /// <summary>Stops, unless that was done.</summary>
    public async ValueTask DisposeAsync()
    {
        await Stop();
        _stopping.Dispose();
    }

    private string Path => $"v1/services/{Uri.EscapeDataString(_options.Name)}/instances";

    private string Address => _options.Address.GetLeftPart(UriPartial.Authority);

    private async Task KeepRegistered(CancellationToken stopping)
    {
        var body = Transport.Write(
            new ServiceBody(Address, _options.Prefix, _options.HealthPath, IdentityHeaders: true, _options.Routes is { } routes ? [.. routes] : null), WireJson.Default.ServiceBody);
        var (outage, refusal) = (NewOutage(), new Backoff(_transport.Time));
        try
        {
            while (true)
            {
                try
                {
                    var lease = await Ask(HttpMethod.Put, Path, body, WireJson.Default.LeaseAnswer, stopping);
                    _key = lease.Key();
                    Registered();
                    (outage, refusal) = (NewOutage(), new Backoff(_transport.Time));
                    await Task.Delay(lease.RenewAfter, _transport.Time, stopping);
                }
                catch (LaurelException trouble)
                {
                    Tell(trouble);
                    await (trouble.IsTransient ? outage : refusal).Wait(trouble, stopping);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // It ends.
        }
    }

    private async Task Leave()
    {
        await _stopping.CancelAsync();
        if (_work is null)
            return;
        await _work;
        if (_key is null)
            return;
        try
        {
            await Ask(HttpMethod.Delete, $"{Path}?address={Uri.EscapeDataString(Address)}", body: null, WireJson.Default.NoAnswer, CancellationToken.None);
        }
        catch (LaurelException trouble)
        {
            // Gateways find out by its health.
            if (trouble.Status != HttpStatusCode.NotFound)
                Tell(trouble);
        }

        _isGone = true;

        await Task.Delay(_options.DrainFor, _transport.Time);
    }

    private async Task<T> Ask<T>(HttpMethod method, string path, byte[]? body, JsonTypeInfo<T> type, CancellationToken stopping)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(Patience);
        try
        {
            return await _transport.Try(method, path, body, type, patience.Token);
        }
        catch (OperationCanceledException late) when (!stopping.IsCancellationRequested)
        {
            throw new LaurelException($"{method} /{Path} was not answered within {Patience.TotalSeconds:0} seconds.", null, late);
        }
    }

    private Backoff NewOutage() => new(_transport.Time, longest: LongestPauseOfOutage);

    private void Registered()
    {
        if (_told == "")
            return;
        _told = "";
        Safely(_options.OnRegistered);
    }

    private void Tell(LaurelException trouble)
    {
        if (_told == trouble.Message)
            return;
        _told = trouble.Message;
        Safely(() => _options.OnTrouble?.Invoke(trouble));
    }

    /// <summary>A log that fails must not take the process out of the gateways.</summary>
    private static void Safely(Action? callback)
    {
        try
        {
            callback?.Invoke();
        }
        catch (Exception)
        {
            // It is the callback's own.
        }
    }
}
