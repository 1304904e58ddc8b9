using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Laurel.Gateway.Proxying;
using Laurel.Platform.Http;
using Laurel.Platform.Registry;
using Microsoft.Extensions.Logging;

namespace Laurel.Gateway.Documents;

/// <summary>
/// The OpenAPI documents of services that are not Laurel's own, as they are shown to clients. A document is fetched when somebody wants
/// to see it, by one request however many want to, and kept until the registry changes, or a minute has passed.
/// </summary>
public sealed class ServiceDocuments : IDisposable
{
    public const int MaxBytes = 1024 * 1024;

    /// <summary>How many are kept at once.</summary>
    private const int MaxKept = 32;

    /// <summary>How many processes of a service are asked for it.</summary>
    private const int MaxAsked = 3;

    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan KeptFailure = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly HttpClient _http;
    private readonly ProxyTable _table;
    private readonly TimeProvider _time;
    private readonly ILogger<ServiceDocuments> _log;
    private volatile Read _read;

    internal ServiceDocuments(ProxyTable table, TimeProvider time, ILogger<ServiceDocuments> log)
    {
        (_table, _time, _log) = (table, time, log);
        _read = new Read([], []);
        var handler = InnerHttp.Handler();
        InnerConnections.Bound(handler);
        _http = new HttpClient(handler) { Timeout = Patience, MaxResponseContentBufferSize = MaxBytes };
    }

    /// <summary>The services that have a document, and below which prefix they stand.</summary>
    public IReadOnlyList<(string Name, string Prefix)> All => [.. _table.Services.Where(service => Where(service).Any()).Select(service => (service.Name, service.Prefix!))];

    /// <summary>The document of a service; null: it has none that can be shown.</summary>
    public async Task<byte[]?> Of(string name)
    {
        var services = _table.Services;
        if (services.FirstOrDefault(service => service.Name == name && Where(service).Any()) is not { } service)
            return null;

        var read = _read;
        if (read.Of != services || read.Documents.Count >= MaxKept)
            _read = read = new Read(services, []);
        var now = _time.GetUtcNow();
        var kept = read.Documents.GetOrAdd(name, _ => Begin());
        if (kept.IsOld(now))
        {
            var fresh = Begin();
            kept = read.Documents.AddOrUpdate(name, fresh, (_, other) => other == kept ? fresh : other);
        }

        return await kept.Text();

        Document Begin() => new(now, () => Fetch(service));
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Those that came last know most.</summary>
    private static IEnumerable<Uri> Where(RegisteredService service) => service.Prefix is null
        ? []
        : service.Instances.Reverse().Where(instance => instance.OpenApiPath is not null).Select(instance => new Uri(instance.Address.TrimEnd('/') + instance.OpenApiPath));

    private async Task<byte[]?> Fetch(RegisteredService service)
    {
        foreach (var address in Where(service).Take(MaxAsked))
        {
            try
            {
                if (await Fetch(service, address) is { } document)
                    return document;
                _log.LogWarning("{Service} answers {Address} with no OpenAPI document", service.Name, address);
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
            {
                _log.LogWarning("The OpenAPI document of {Service} cannot be read from {Address}: {Reason}", service.Name, address, exception.Message);
            }
        }

        return null;
    }

    private async Task<byte[]?> Fetch(RegisteredService service, Uri address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await _http.SendAsync(request);
        if (!response.IsSuccessStatusCode || !IsJson(response.Content.Headers.ContentType?.MediaType))
            return null;
        // What is escaped is longer than it was.
        return ShownDocument.Make(await response.Content.ReadAsByteArrayAsync(), service.Name, service.Prefix!) is { Length: <= 2 * MaxBytes } shown ? shown : null;
    }

    private static bool IsJson(string? mediaType) =>
        mediaType is "application/json" || (mediaType?.StartsWith("application/", StringComparison.OrdinalIgnoreCase) == true && mediaType.EndsWith("+json", StringComparison.OrdinalIgnoreCase));

    /// <summary>What was read while the registry said the same.</summary>
    private sealed record Read(IReadOnlyList<RegisteredService> Of, ConcurrentDictionary<string, Document> Documents);

    private sealed class Document(DateTimeOffset at, Func<Task<byte[]?>> fetch)
    {
        private readonly Lazy<Task<byte[]?>> _text = new(fetch);
        private volatile bool _isMissing;

        public bool IsOld(DateTimeOffset now) => now - at > (_isMissing ? KeptFailure : Kept);

        public async Task<byte[]?> Text()
        {
            var text = await _text.Value;
            _isMissing = text is null;
            return text;
        }
    }
}
