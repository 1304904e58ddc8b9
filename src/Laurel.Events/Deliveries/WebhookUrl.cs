using Laurel.Platform.Http;

namespace Laurel.Events.Deliveries;

/// <summary>Which addresses of the web may be called. Pure: text in, broken rule out. What a name stands for is looked at when it is called.</summary>
internal static class WebhookUrl
{
    private const int MaxLength = 2_000;
    private const string Path = "url";

    /// <param name="text">As it was sent.</param>
    /// <param name="allowLoopback">Whether this very machine may be called, by http too: for development.</param>
    public static FieldError? Check(string text, bool allowLoopback)
    {
        if (text.Length > MaxLength)
            return Fault(Path, "length", $"An address has up to {MaxLength} characters.");
        if (text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.Contains('\\', StringComparison.Ordinal) || !text.Contains("://", StringComparison.Ordinal) || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Fragment.Length > 0 || url.HostNameType == UriHostNameType.Unknown)
            return Fault(Path, "invalid_url", "This is no address such as https://game.example.com/laurel, in ASCII and without a fragment.");
        // Also one that is empty: whatever stands before an @ is there to be read as the host by somebody.
        if (Authority(text).Contains('@', StringComparison.Ordinal))
            return Fault(Path, "userinfo_not_allowed", "An address with a user or a password in it is not called.");
        if (allowLoopback && (url.Scheme is "http" or "https") && IsThisMachine(url))
            return null;
        if (url.Scheme != Uri.UriSchemeHttps)
            return Fault(Path, "https_required", "Only https is called.");
        if (!url.IsDefaultPort)
            return Fault(Path, "port_not_allowed", "Only port 443 is called.");
        return IsName(url) ? null : Fault(Path, "host_not_allowed", "Give a host by a full name, such as game.example.com: no address, no name of this machine.");
    }

    /// <summary>What this machine calls itself, by the one spelling that is meant for it.</summary>
    private static bool IsThisMachine(Uri url) => url.IdnHost is "127.0.0.1" or "localhost";

    /// <summary>
    /// A name of two labels or more, the last of which is no number in any spelling: `127.1`, `0x7f.1` and `2130706433` are addresses to
    /// those who resolve names.
    /// </summary>
    private static bool IsName(Uri url)
    {
        var host = url.IdnHost.ToLowerInvariant();
        var labels = host.Split('.');
        return url.HostNameType == UriHostNameType.Dns
            && labels.Length > 1
            && Array.TrueForAll(labels, IsLabel)
            && !IsNumber(labels[^1])
            && labels[^1] != "localhost"
            && host != "localhost.localdomain";
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and < 64 && label[0] != '-' && label[^1] != '-' && label.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '_');

    private static bool IsNumber(string label) => label.All(char.IsAsciiDigit) || label.StartsWith("0x", StringComparison.Ordinal);

    private static string Authority(string text)
    {
        var rest = text[(text.IndexOf("//", StringComparison.Ordinal) + 2)..];
        var end = rest.AsSpan().IndexOfAny("/?#\\");
        return end < 0 ? rest : rest[..end];
    }

    private static FieldError Fault(string path, string code, string message) => new(path, code, message);
}
