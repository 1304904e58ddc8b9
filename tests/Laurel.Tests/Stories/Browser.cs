using Laurel.Tests.Support;

namespace Laurel.Tests.Stories;

/// <summary>A browser on Laurel's own site: it keeps cookies and sends them back, and never sees a token.</summary>
internal sealed class Browser(LaurelApp app)
{
    private readonly Dictionary<string, string> _cookies = new(StringComparer.Ordinal);

    public bool IsSignedIn => _cookies.Count > 0;

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path);

    public Task<Answer> Post(string path, object? body = null) => Send(HttpMethod.Post, path, body);

    private async Task<Answer> Send(HttpMethod method, string path, object? body = null)
    {
        List<(string, string)> headers = [("Origin", app.Address.GetLeftPart(UriPartial.Authority))];
        if (IsSignedIn)
            headers.Add(("Cookie", string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}"))));
        var answer = await app.Anonymous.Send(method, path, body is null ? null : Api.Json(body), [.. headers]);
        foreach (var cookie in answer.Cookies)
            Keep(cookie);
        return answer;
    }

    private void Keep(string cookie)
    {
        var (name, value) = (cookie.Split('=')[0], cookie.Split(';')[0].Split('=', 2)[1]);
        if (cookie.Contains("max-age=0", StringComparison.OrdinalIgnoreCase))
            _cookies.Remove(name);
        else
            _cookies[name] = value;
    }
}
