using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Laurel.Platform.Http;

/// <summary>What texts may be made of. Pure: text in, broken rule out.</summary>
public static class TextRules
{
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>Letters and signs that show nothing: Hangul fillers, the empty Braille pattern, the grapheme joiner.</summary>
    private static readonly FrozenSet<int> Blanks = new[] { 0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x034F }.ToFrozenSet();

    /// <summary>A name that people read: not empty, not endless, and nothing in it that cannot be seen.</summary>
    public static FieldError? Name(string path, string text, int maxLength)
    {
        if (text.EnumerateRunes().Count() is var length && (length == 0 || length > maxLength))
            return new FieldError(path, "length", $"This has 1 to {maxLength} characters.");

        return text.Trim() == text && IsReadable([.. text.EnumerateRunes()])
            ? null
            : new FieldError(path, "invisible_characters", "This has nothing invisible in it, and no space around it.");
    }

    /// <summary>A longer text that people read; it may be empty and have several lines.</summary>
    public static FieldError? Prose(string path, string text, int maxLength)
    {
        if (text.EnumerateRunes().Count() > maxLength)
            return new FieldError(path, "length", $"This has up to {maxLength} characters.");

        return text.EnumerateRunes().All(rune => rune.Value is '\n' or '\r' or '\t' || !Rune.IsControl(rune))
            ? null
            : new FieldError(path, "invisible_characters", "This has no control characters in it, but for line breaks and tabs.");
    }

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
