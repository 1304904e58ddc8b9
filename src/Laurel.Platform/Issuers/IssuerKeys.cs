using Microsoft.Extensions.Logging;

namespace Laurel.Platform.Issuers;

/// <summary>
/// The keys of one issuer as they were last seen, read again every few minutes, or, from a file, every second. Where they cannot be
/// read, those that are known stay. One reading goes on at a time, and whoever needs its outcome shares it.
/// </summary>
internal sealed class IssuerKeys(IssuerSettings settings, HttpClient http, TimeProvider time, ILogger<TrustedIssuers> log, CancellationToken stopping)
{
    public static readonly TimeSpan RefreshEvery = TimeSpan.FromMinutes(5);

    /// <summary>After a failure the next round is not waited for.</summary>
    public static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(15);

    /// <summary>Anybody can invent a key id: this bounds what inventing them costs the issuer.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    public const int MaxDocument = 256 * 1024;

    private readonly Lock _gate = new();
    private volatile IssuerKeySet _keys = IssuerKeySet.Empty;
    private byte[] _document = [];
    private Task _reading = Task.CompletedTask;
    private DateTimeOffset _readAt = DateTimeOffset.MinValue;
    private volatile bool _failing;

    public IssuerKeySet Now => _keys;

    /// <summary>Because a token names a key that is not known. What is given is over when the answer is known as far as it may be.</summary>
    public Task LookAgain() => ReadAgain(LookEvery);

    public Task KeepFresh() => ReadAgain(settings.File is not null ? TimeSpan.Zero : _failing ? RetryEvery : RefreshEvery);

    /// <exception cref="StartupException">There is a file, and no key in it.</exception>
    public async Task ReadFileFirst(CancellationToken cancellation)
    {
        if (settings.File is null)
            return;

        try
        {
            if (IssuerKeySet.Parse(await ReadFile(settings.File, cancellation)).Count > 0)
                return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new StartupException($"The keys of {settings.Issuer} cannot be read from {settings.File}: {e.Message}", e);
        }

        throw new StartupException($"{settings.File} holds no key of {settings.Issuer} for RS256 or ES256.");
    }

    private Task ReadAgain(TimeSpan notSooner)
    {
        lock (_gate)
        {
            if (_reading.IsCompleted && (time.GetUtcNow() - _readAt).Duration() >= notSooner)
                _reading = Task.Run(ReadNow);

            return _reading;
        }
    }

    /// <summary>Whoever has waited for it does not begin the next one: it counts from its end.</summary>
    private async Task ReadNow()
    {
        await Read();
        lock (_gate)
            _readAt = time.GetUtcNow();
    }

    /// <summary>Never fails: a request may be waiting for it.</summary>
    private async Task Read()
    {
        try
        {
            var document = settings.File is { } file
                ? await ReadFile(file, stopping)
                : await http.GetByteArrayAsync(settings.Address, stopping);
            if (_failing)
                log.LogInformation("The keys of {Issuer} can be read again", settings.Issuer);
            if (!document.AsSpan().SequenceEqual(_document))
                Take(document);
            _failing = false;
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            // Said once: an outage must not flood the log.
            if (!_failing)
                log.LogWarning(exception, "The keys of {Issuer} cannot be read from {Place}; those that are known stay", settings.Issuer, settings.File ?? settings.Address?.ToString());
            _failing = true;
        }
        catch (Exception)
        {
            // Nobody waits any more.
        }
    }

    private void Take(byte[] document)
    {
        var keys = IssuerKeySet.Parse(document);
        foreach (var reason in keys.Unfit)
            log.LogWarning("A key of {Issuer} is passed over: {Reason}", settings.Issuer, reason);
        if (keys.Count == 0)
            log.LogWarning("{Issuer} has no key for RS256 or ES256: none of its tokens is accepted", settings.Issuer);
        (_keys, _document) = (keys, document);
    }

    private static async Task<byte[]> ReadFile(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        if (file.Length > MaxDocument)
            throw new IOException($"It is larger than {MaxDocument} bytes.");
        using var document = new MemoryStream();
        await file.CopyToAsync(document, cancellation);
        return document.ToArray();
    }
}
