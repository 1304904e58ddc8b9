using System.Collections.Frozen;
using System.Text;
using Laurel.Platform.Http;

namespace Laurel.Auth.Passwords;

/// <summary>Which passwords are accepted: long enough, and none that an attacker tries first.</summary>
public static class PasswordRules
{
    public const int MinLength = 10;
    public const int MaxBytes = 256;

    private static readonly FrozenSet<string> Common = LoadCommon();

    public static FieldError? Check(string path, string password, params ReadOnlySpan<string> personal)
    {
        if (password.EnumerateRunes().Count() < MinLength)
            return new FieldError(path, "password_too_short", $"A password has at least {MinLength} characters.");
        if (Encoding.UTF8.GetByteCount(password) > MaxBytes)
            return new FieldError(path, "password_too_long", $"A password has at most {MaxBytes} bytes.");
        if (IsCommon(password))
            return new FieldError(path, "password_common", "This password, or a form of it, is among those that are tried first.");
        foreach (var word in personal)
        {
            if (IsMostly(password, word))
                return new FieldError(path, "password_personal", "A password must not be one's own name or e-mail.");
        }

        return null;
    }

    /// <summary>
    /// A list of the usual words catches far more than itself, when what people do to them is undone first: capitals,
    /// digits and signs around them, letters written as digits, the word twice.
    /// </summary>
    private static bool IsCommon(string password)
    {
        var lower = password.ToLowerInvariant();
        if (lower.Distinct().Count() < 5 || IsRun(lower) || Common.Contains(lower))
            return true;

        var core = lower.Trim([.. "0123456789!@#$%^&*()-_=+[]{};:'\",.<>/?\\|`~ "]);
        return core.Length == 0 ? IsRun(new string([.. lower.Where(char.IsAsciiDigit)])) : IsWord(core) || IsWord(Plain(core)) || IsWord(Plain(lower));
    }

    private static bool IsWord(string text)
    {
        if (Common.Contains(text))
            return true;

        // Two words in a row, among them the same one twice.
        for (var cut = 3; cut <= text.Length - 3; cut++)
        {
            if (Common.Contains(text[..cut]) && Common.Contains(text[cut..]))
                return true;
        }

        return false;
    }

    /// <summary>1234567890, 9876543210, abcdefghij, 1212121212: each step the same, or a short piece over and over.</summary>
    private static bool IsRun(string text)
    {
        for (var period = 1; period <= Math.Min(4, text.Length / 2); period++)
        {
            if (Enumerable.Range(period, text.Length - period).All(at => text[at] == text[at - period]))
                return true;
        }

        var steps = Enumerable.Range(1, Math.Max(0, text.Length - 1)).Select(at => (text[at] - text[at - 1] + 10) % 10).Distinct().ToArray();
        return steps is [1 or 9];
    }

    private static string Plain(string text) => string.Create(text.Length, text, static (plain, source) =>
    {
        for (var at = 0; at < source.Length; at++)
        {
            plain[at] = source[at] switch
            {
                '0' => 'o',
                '1' or '!' => 'i',
                '3' => 'e',
                '4' or '@' => 'a',
                '5' or '$' => 's',
                '7' => 't',
                var other => other,
            };
        }
    });

    private static bool IsMostly(string password, string word) =>
        word.Length >= 4 && password.Length - word.Length < 4 && password.Contains(word, StringComparison.OrdinalIgnoreCase);

    private static FrozenSet<string> LoadCommon()
    {
        using var resource = typeof(PasswordRules).Assembly.GetManifestResourceStream("CommonPasswords.txt")!;
        using var lines = new StreamReader(resource);
        return lines.ReadToEnd()
            .Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)
            .ToFrozenSet(StringComparer.Ordinal);
    }
}
