using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Laurel.Auth.Passwords;
using Laurel.Platform.Http;

namespace Laurel.Auth.Accounts;

/// <summary>What an account may be made of. Pure: text in, broken rules out.</summary>
public static class AccountRules
{
    public const int MaxNickname = 40;
    public const int MaxEmail = 254;

    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>Letters and signs that show nothing: Hangul fillers, the empty Braille pattern, the grapheme joiner.</summary>
    private static readonly FrozenSet<int> Blanks = new[] { 0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x034F }.ToFrozenSet();

    public static List<FieldError> Check(SignUpRequest request)
    {
        List<FieldError?> found =
        [
            Email(request.Email),
            Nickname(request.Nickname),
            PasswordRules.Check("password", request.Password, LocalPart(request.Email), request.Nickname),
        ];
        return [.. found.OfType<FieldError>()];
    }

    /// <summary>
    /// Whether mail could reach it is for a mail to find out. ASCII alone: two addresses that look alike must not be two accounts.
    /// </summary>
    public static FieldError? Email(string email)
    {
        var at = email.IndexOf('@', StringComparison.Ordinal);
        var good = email.Length <= MaxEmail
            && at is > 0 and <= 64
            && email.All(character => char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-/=?^_`{|}~.@".Contains(character, StringComparison.Ordinal))
            && email[0] != '.'
            && email[at - 1] != '.'
            && !email.Contains("..", StringComparison.Ordinal)
            && email[(at + 1)..].Split('.') is { Length: >= 2 } labels
            && labels.All(IsLabel);
        return good ? null : new FieldError("email", "email_invalid", "This is not an e-mail address.");
    }

    public static FieldError? Nickname(string nickname) => VisibleText("nickname", nickname, MaxNickname);

    /// <summary>A name that people read: not empty, not endless, and nothing in it that cannot be seen.</summary>
    public static FieldError? VisibleText(string path, string text, int maxLength)
    {
        if (text.EnumerateRunes().Count() is var length && (length == 0 || length > maxLength))
            return new FieldError(path, "length", $"This has 1 to {maxLength} characters.");

        return text.Trim() == text && IsReadable([.. text.EnumerateRunes()])
            ? null
            : new FieldError(path, "invisible_characters", "This has nothing invisible in it, and no space around it.");
    }

    public static string LocalPart(string email) => email.Split('@')[0];

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63
        && label.All(character => char.IsAsciiLetterOrDigit(character) || character == '-')
        && label[0] != '-'
        && label[^1] != '-';

    /// <summary>
    /// Invisible characters make one name look like another. The zero-width joiner alone is needed, to join emoji; and marks,
    /// which stand on something.
    /// </summary>
    private static bool IsReadable(Rune[] runes) =>
        runes.Select((rune, at) => rune.Value == ZeroWidthJoiner ? at > 0 && at < runes.Length - 1 && runes[at - 1].Value != ZeroWidthJoiner : IsVisible(rune)).All(good => good)
        && runes.Any(rune => !IsMark(rune));

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.SpacingCombiningMark;

    private static bool IsVisible(Rune rune) =>
        !Blanks.Contains(rune.Value)
        && Rune.GetUnicodeCategory(rune)
            is not (UnicodeCategory.Control
            or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned);
}
