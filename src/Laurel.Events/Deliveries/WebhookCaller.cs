using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Laurel.Events.Deliveries;

/// <summary>What an endpoint answered.</summary>
/// <param name="Status">Null where it did not answer.</param>
/// <param name="Error">What went wrong, for people.</param>
/// <param name="RetryAfter">When it wants to be tried again.</param>
/// <param name="Beginning">Of its answer, where that was asked for.</param>
/// <param name="Took">How long that took.</param>
internal sealed record WebhookReply(int? Status, string? Error, TimeSpan? RetryAfter, string? Beginning, TimeSpan Took)
{
    public bool IsDone => Status is >= 200 and < 300 and not (int)HttpStatusCode.Accepted;
}

/// <summary>
/// Calls one endpoint. It is somebody else's, and may be hostile: no redirect, no proxy, no cookie; every address that its name stands
/// for is looked at whenever a connection is made, which goes to that address; its answer is bounded in size and in time.
/// </summary>
internal sealed class WebhookCaller : IDisposable
{
    public const int MaxConnections = 128;

    private const int MaxBody = 64 * 1024;
    private const int MaxBeginning = 500;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    /// <summary>What an answer says is in its status. The rest is read only to use the connection again.</summary>
    private static readonly TimeSpan BodyTimeout = TimeSpan.FromSeconds(2);

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpMessageInvoker _http;
    private readonly Uri _url;
    private readonly NameResolver _names;
    private readonly TimeProvider _time;
    private readonly bool _allowLoopback;

    public WebhookCaller(string url, NameResolver names, TimeProvider time, bool allowLoopback)
    {
        (_url, _names, _time, _allowLoopback) = (new Uri(url), names, time, allowLoopback);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxConnectionsPerServer = MaxConnections,
            MaxResponseHeadersLength = 16,
            // So that a name that moved is looked up again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            MaxResponseDrainSize = 0,
            ConnectCallback = Connect,
        });
    }

    /// <param name="id">What the message is known by.</param>
    /// <param name="body">The message.</param>
    /// <param name="keys">What it is signed with.</param>
    /// <param name="wantsAnswer">Whether the beginning of the answer is to be told.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<WebhookReply> Call(string id, byte[] body, IReadOnlyList<byte[]> keys, bool wantsAnswer, CancellationToken cancellation)
    {
        var begun = Stopwatch.GetTimestamp();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Timeout);
        try
        {
            using var request = Request(id, body, keys);
            using var response = await _http.SendAsync(request, timeout.Token);
            var beginning = await Finish(response, wantsAnswer, timeout);
            var status = (int)response.StatusCode;
            return new WebhookReply(status, status is >= 200 and < 300 ? null : $"It answered {status}.", RetryAfter(response), beginning, Stopwatch.GetElapsedTime(begun));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Failed($"It did not answer within {Timeout.TotalSeconds:0} seconds.");
        }
        catch (HttpRequestException failure)
        {
            return Failed(Reason(failure));
        }

        WebhookReply Failed(string error) => new(null, error, null, null, Stopwatch.GetElapsedTime(begun));
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(string id, byte[] body, IReadOnlyList<byte[]> keys)
    {
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, _url)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = Json;
        request.Headers.TryAddWithoutValidation("User-Agent", "Laurel");
        request.Headers.TryAddWithoutValidation("webhook-id", id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", timestamp.ToString());
        request.Headers.TryAddWithoutValidation("webhook-signature", Signing.Sign(keys, id, timestamp, body));
        return request;
    }

    /// <summary>Reads the answer, as far as it is worth it: one without an end costs a connection, and nothing else.</summary>
    private static async Task<string?> Finish(HttpResponseMessage response, bool wantsAnswer, CancellationTokenSource timeout)
    {
        if (response.Content.Headers.ContentLength == 0)
            return null;
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token);
        soon.CancelAfter(BodyTimeout);
        var kept = new byte[wantsAnswer ? MaxBeginning : 0];
        var buffer = new byte[4096];
        var (read, keep) = (0, 0);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(soon.Token);
            while (read <= MaxBody && await stream.ReadAsync(buffer, soon.Token) is > 0 and var count)
            {
                read += count;
                var more = Math.Min(count, kept.Length - keep);
                buffer.AsSpan(0, more).CopyTo(kept.AsSpan(keep));
                keep += more;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or HttpRequestException)
        {
            // Its status has been told.
        }

        return wantsAnswer ? Encoding.UTF8.GetString(kept, 0, keep) : null;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var wish = response.Headers.RetryAfter;
        var pause = wish?.Delta ?? (wish?.Date is { } date ? date - _time.GetUtcNow() : null);
        return pause > TimeSpan.Zero ? pause : null;
    }

    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var addresses = await _names.Resolve(context.DnsEndPoint.Host, cancellation);
        // One that is not public among others is a trap, or a mistake that is better found now than when its turn comes.
        // Which one it is tells about a network of ours, and is not told.
        if (!Array.TrueForAll(addresses, MayBeCalled))
            throw new AddressNotAllowedException($"{context.DnsEndPoint.Host} stands for an address that is not public.");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool MayBeCalled(IPAddress address) => PublicAddress.Is(address) || (_allowLoopback && IPAddress.IsLoopback(address));

    /// <summary>For the operator, in one sentence.</summary>
    private static string Reason(HttpRequestException failure) => failure switch
    {
        { InnerException: AddressNotAllowedException hidden } => hidden.Message,
        { InnerException: SocketException socket } => $"It cannot be reached: {socket.SocketErrorCode}.",
        { HttpRequestError: not HttpRequestError.Unknown and var error } => $"It did not answer: {error}.",
        _ => $"It did not answer: {failure.GetBaseException().GetType().Name}.",
    };

    private sealed class AddressNotAllowedException(string message) : Exception(message);
}
