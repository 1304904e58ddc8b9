using Laurel.Platform.Access;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Laurel.Gateway.Proxying;

/// <summary>What of a client's headers no service gets to see. Pure.</summary>
internal static class ClientHeaders
{
    /// <summary>
    /// By their letters and digits alone. With these proxies tell services who calls and from where; a client that sends them wants to be
    /// taken for somebody else, or somewhere else.
    /// </summary>
    private static readonly string[] OfProxies =
    [
        "xuser", "xremoteuser", "remoteuser", "xforwarded", "forwarded", "xoriginalforwarded", "xoriginaluser", "xauthuser", "xauthrequest",
        "xauthenticated", "xwebauth", "xrealip", "xclientip", "trueclientip", "xclusterclientip",
    ];

    /// <summary>With these some frameworks serve another path or method than the one that was asked, and so than was permitted.</summary>
    private static readonly string[] OfOtherRequests = ["xoriginalurl", "xrewriteurl", "xhttpmethod", "xmethodoverride"];

    private static readonly int Longest = OfProxies.Concat(OfOtherRequests).Max(name => name.Length);

    /// <summary>`x_user_id`, `X-USER-ID`, `X--User.Id`: some servers take them for the same.</summary>
    public static bool IsForged(string header)
    {
        Span<char> letters = stackalloc char[Longest];
        var count = 0;
        foreach (var letter in header)
        {
            if (!char.IsAsciiLetterOrDigit(letter))
                continue;
            letters[count++] = char.ToLowerInvariant(letter);
            if (count == letters.Length)
                break;
        }

        return BeginsWithOneOf(OfProxies, letters[..count]) || BeginsWithOneOf(OfOtherRequests, letters[..count]);
    }

    /// <summary>What `Connection` names is for the next hop alone, which is the gateway. The host and the length belong to the message.</summary>
    public static IEnumerable<string> OfThisHop(StringValues connection) => connection
        .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        .Where(name => !name.Equals(HeaderNames.Host, StringComparison.OrdinalIgnoreCase) && !name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase));

    /// <summary>The cookies as they were sent, without those of a session with Laurel; null: none is left.</summary>
    public static string? OthersCookies(StringValues cookies)
    {
        var others = cookies
            .SelectMany(value => (value ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Where(cookie => !IsOfSession(cookie));
        return string.Join("; ", others) is { Length: > 0 } left ? left : null;
    }

    /// <summary>
    /// Whether a cookie is one of Laurel's, or would be taken for one: names are read in any letter case, and of a cookie without a name
    /// browsers send the value alone, which may look like a name and a value.
    /// </summary>
    public static bool IsOfSession(string cookie) =>
        cookie.AsSpan().TrimStart(" \t=").StartsWith(SessionCookies.Prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>A name that is nobody's header, or the body's, is no fault.</summary>
    public static void Remove(HttpRequestMessage request, string name)
    {
        if (request.Headers.NonValidated.Contains(name))
            request.Headers.Remove(name);
        else if (request.Content?.Headers.NonValidated.Contains(name) == true)
            request.Content.Headers.Remove(name);
    }

    private static bool BeginsWithOneOf(string[] names, ReadOnlySpan<char> letters)
    {
        foreach (var name in names)
        {
            if (letters.StartsWith(name, StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}
