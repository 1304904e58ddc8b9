using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Laurel.Client;

/// <summary>One request and its answer, as the service account.</summary>
internal sealed class Transport : IDisposable
{
    private const long MaxAnswer = 16 * 1024 * 1024;

    private static readonly MediaTypeHeaderValue Json = new("application/json", "utf-8");

    private readonly LaurelClientOptions _options;
    private readonly HttpClient _http;
    private readonly Uri _root;
    private readonly AccessTokens _tokens;

    public Transport(LaurelClientOptions options)
    {
        _options = options;
        _http = options.HttpClient ?? NewHttpClient();
        _root = new Uri(options.Address.AbsoluteUri.EndsWith('/') ? options.Address.AbsoluteUri : $"{options.Address.AbsoluteUri}/");
        _tokens = new AccessTokens(FetchToken, options.Time);
    }

    public TimeProvider Time => _options.Time;

    public static byte[] Write<T>(T body, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(body, type);

    /// <summary>Tries until there is an answer, for as long as calls are tried that somebody awaits.</summary>
    public async Task<T> Call<T>(HttpMethod method, string path, byte[]? body, JsonTypeInfo<T> type, CancellationToken cancellation, string? key = null)
    {
        var backoff = new Backoff(Time);
        while (true)
        {
            try
            {
                return await Try(method, path, body, type, cancellation, key);
            }
            catch (LaurelException failure) when (failure.IsTransient && backoff.MayGoOn(failure, _options.RetryFor))
            {
                await backoff.Wait(failure, cancellation);
            }
        }
    }

    /// <summary>Tries once; twice, if the token has lost its worth before its time.</summary>
    public async Task<T> Try<T>(HttpMethod method, string path, byte[]? body, JsonTypeInfo<T> type, CancellationToken cancellation, string? key = null)
    {
        for (var first = true; ; first = false)
        {
            var token = await _tokens.Get(cancellation);
            using var request = new HttpRequestMessage(method, new Uri(_root, path));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            if (key is not null)
                request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
            if (body is not null)
                request.Content = new ByteArrayContent(body) { Headers = { ContentType = Json } };
            try
            {
                return await Send(request, type, cancellation);
            }
            catch (LaurelException refused) when (refused.Status == HttpStatusCode.Unauthorized)
            {
                _tokens.Forget(token);
                if (!first)
                    throw;
            }
        }
    }

    public void Dispose()
    {
        if (_options.HttpClient is null)
            _http.Dispose();
    }

    private async Task<TokenAnswer> FetchToken()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_root, "v1/auth/token"));
        request.Content = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"), new("client_id", _options.ClientId), new("client_secret", _options.ClientSecret),
        ]);
        return await Send(request, WireJson.Default.TokenAnswer, CancellationToken.None);
    }

    private async Task<T> Send<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(_options.Timeout);
        try
        {
            using var response = await _http.SendAsync(request, timeout.Token);
            var answer = await response.Content.ReadAsByteArrayAsync(timeout.Token);
            return response.IsSuccessStatusCode ? Read(answer, type, response) : throw Problems.Read(request, response, answer, Time.GetUtcNow());
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new LaurelException($"{Shown(request)} was not answered within {_options.Timeout.TotalSeconds:0.###} seconds.", null, late);
        }
        catch (Exception failure) when (failure is not (LaurelException or OperationCanceledException))
        {
            // Of whatever kind: the handlers of an HttpClient that was given to us may throw what they like.
            throw new LaurelException($"{Shown(request)} was not answered: {failure.Message}", null, failure);
        }
    }

    private static T Read<T>(byte[] answer, JsonTypeInfo<T> type, HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.NoContent && NoAnswer.Instance is T nothing)
            return nothing;
        try
        {
            if (JsonSerializer.Deserialize(answer, type) is { } read)
                return read;
        }
        catch (JsonException)
        {
            // Said below.
        }

        // Somebody between us and Laurel has answered. What they have made of the request nobody knows, so it counts as unanswered.
        throw new LaurelException($"{Shown(response.RequestMessage!)} was answered by something that is not Laurel.", null);
    }

    private static string Shown(HttpRequestMessage request) => $"{request.Method} {request.RequestUri!.AbsolutePath}";

    private static HttpClient NewHttpClient()
    {
        var handler = new SocketsHttpHandler
        {
            // A redirected request would lose its token, or its body; and Laurel sends none.
            AllowAutoRedirect = false,
            UseCookies = false,
            // So that a name that moved is looked up again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ConnectTimeout = TimeSpan.FromSeconds(10),
        };
        // Each attempt has a timeout of its own.
        return new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxAnswer };
    }
}
