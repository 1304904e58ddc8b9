using System.Text;
using System.Text.RegularExpressions;

namespace Laurel.Platform.Telemetry;

/// <summary>
/// Masks in logs what looks like a secret. This is the net below the rule, not the rule: nobody logs a secret, since a
/// net that goes by names and looks has holes (a secret under an innocent name, a short one inside a sentence).
/// </summary>
internal static partial class Secrets
{
    public const string Mask = "***";

    /// <summary>Laurel's opaque tokens are 256 random bits, which are 43 characters of base64url.</summary>
    private const int OpaqueTokenLength = 43;

    /// <summary>A look at more than this would make one log call expensive; the line is cut far shorter anyway.</summary>
    private const int MaxLength = 32_768;

    private static readonly string[] Names =
    [
        "password", "passwd", "passphrase", "pwd", "secret", "token", "authorization", "cookie", "credential", "apikey", "privatekey",
        "connectionstring", "jwt",
    ];

    /// <summary>Is a value under this name a secret? Case, dots, dashes and underscores do not matter.</summary>
    public static bool IsSecretName(string name)
    {
        Span<char> letters = stackalloc char[Math.Min(name.Length, 128)];
        var length = 0;
        foreach (var character in name)
        {
            if (char.IsLetterOrDigit(character) && length < letters.Length)
                letters[length++] = char.ToLowerInvariant(character);
        }
        foreach (var secret in Names)
        {
            if (letters[..length].IndexOf(secret, StringComparison.Ordinal) >= 0)
                return true;
        }
        return false;
    }

    public static string Hide(string text)
    {
        if (text.Length > MaxLength)
            text = text[..MaxLength];
        try
        {
            text = Assignment().Replace(text, $"${{name}}{Mask}");
            text = Bearer().Replace(text, $"${{scheme}}{Mask}");
        }
        catch (RegexMatchTimeoutException)
        {
            return Mask;
        }
        return HideTokens(text);
    }

    /// <summary>Replaces each JWT and each opaque token; both are runs of base64url, a JWT's parts are joined by dots.</summary>
    private static string HideTokens(string text)
    {
        StringBuilder? result = null;
        var copied = 0;
        for (var start = 0; start < text.Length; start++)
        {
            var end = start;
            while (end < text.Length && IsTokenCharacter(text[end]))
                end++;
            if (LooksLikeToken(text.AsSpan(start, end - start)))
            {
                (result ??= new StringBuilder()).Append(text, copied, start - copied).Append(Mask);
                copied = end;
            }
            start = end;
        }
        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    private static bool LooksLikeToken(ReadOnlySpan<char> run)
    {
        // "eyJ" is `{"` in base64url: the start of a JWT's header.
        if (run.IndexOf("eyJ", StringComparison.Ordinal) is >= 0 and var jwt && run[jwt..].Count('.') >= 2)
            return true;
        foreach (var part in run.Split('.'))
        {
            if (LooksRandom(run[part]))
                return true;
        }
        return false;
    }

    /// <summary>Long, and of all three kinds of characters: hexadecimal digests, ids and the names of types stay readable.</summary>
    private static bool LooksRandom(ReadOnlySpan<char> part) =>
        part.Length >= OpaqueTokenLength
        && part.ContainsAnyInRange('A', 'Z') && part.ContainsAnyInRange('a', 'z') && part.ContainsAnyInRange('0', '9');

    private static bool IsTokenCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.';

    /// <summary>A connection string, a query string, a form or a JSON body inside a text.</summary>
    [GeneratedRegex("""
        (?<name>(?:password|passwd|pwd|secret|token|authorization|cookie|api[_-]?key)(?:\\?"\s*:|\s*=)\s*)
        (?:"(?:[^"\\]|\\.)*"?|'[^']*'?|\\?"?[^\s"';&,}\\]+)
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 100)]
    private static partial Regex Assignment();

    [GeneratedRegex("""
        (?<scheme>\b(?:Bearer|Basic)[ ]+)[^\s"',;]{8,}
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 100)]
    private static partial Regex Bearer();
}
