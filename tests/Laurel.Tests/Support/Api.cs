using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Laurel.Platform.Http;

namespace Laurel.Tests.Support;

/// <summary>A client of the API, as somebody or nobody. Every answer it sees is held against the OpenAPI documents.</summary>
public sealed class Api(HttpClient http, string? token = null)
{
    private const int LaurelLimit = 1024 * 1024;

    public string? Token => token;

    public HttpClient Http => http;

    public Api As(string? otherToken) => new(http, otherToken);

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path);

    public Task<Answer> Post(string path, object? body = null) => Send(HttpMethod.Post, path, body);

    public Task<Answer> Put(string path, object? body = null) => Send(HttpMethod.Put, path, body);

    public Task<Answer> Patch(string path, object? body = null) => Send(HttpMethod.Patch, path, body);

    public Task<Answer> Delete(string path) => Send(HttpMethod.Delete, path);

    public Task<Answer> Send(HttpMethod method, string path, object? body = null) =>
        Send(method, path, body is null ? null : Json(body));

    public static StringContent Json(object body) => new(JsonSerializer.Serialize(body, JsonRules.Options), Encoding.UTF8, "application/json");

    public async Task<Answer> Send(HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        // Whoever asks first is answered; whoever just sends what is too large may meet a closed connection before the answer is read.
        request.Headers.ExpectContinue = content?.Headers.ContentLength > LaurelLimit;

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new Answer((int)response.StatusCode, text, response.Headers, response.Content.Headers, $"{method} {path}");
    }
}

/// <summary>What the API answered. A failed expectation shows all of it.</summary>
public sealed record Answer(int Status, string Text, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders, string Request)
{
    public JsonNode Json => JsonNode.Parse(Text) ?? throw new InvalidOperationException($"{Request} answered {Status} without JSON: {Text}");

    public string? Code => Json["code"]?.GetValue<string>();

    public IEnumerable<string> Cookies => Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : [];

    public string Field(string name) => Json[name]?.ToString() ?? throw new InvalidOperationException($"{Request} answered {Status} without {name}: {Text}");

    public Answer Is(int status)
    {
        Assert.True(Status == status, $"{Request} answered {Status} instead of {status}: {Text}");
        return this;
    }

    public Answer Refused(int status, string code)
    {
        Is(status);
        Assert.True(Code == code, $"{Request} was refused with {Code} instead of {code}: {Text}");
        return this;
    }

    /// <summary>Refused because of this field, for this reason.</summary>
    public Answer Because(string path, string code)
    {
        var errors = Json["errors"]?.AsArray().Select(error => (Path: error!["path"]!.GetValue<string>(), Code: error["code"]!.GetValue<string>())) ?? [];
        Assert.True(errors.Contains((path, code)), $"{Request} did not name {path} {code}: {Text}");
        return this;
    }
}
