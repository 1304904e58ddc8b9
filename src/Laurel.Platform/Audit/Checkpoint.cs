using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Laurel.Platform.Audit;

/// <summary>
/// How long a trail's chain was at a time, and its hash there, signed. Whoever keeps one elsewhere can tell later that nothing before
/// it was changed or cut off, even by somebody who owns the database.
/// </summary>
/// <param name="Trail">Of which service.</param>
/// <param name="Seq">The number of the last row.</param>
/// <param name="At">When.</param>
/// <param name="Hash">That row's, which covers all before it.</param>
/// <param name="Signature">By <see cref="CheckpointKey"/>.</param>
internal sealed partial record Checkpoint(string Trail, long Seq, DateTimeOffset At, byte[] Hash, byte[] Signature)
{
    private const string Form = "laurel-audit-1";
    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>What is signed.</summary>
    public static byte[] Statement(string trail, long seq, DateTimeOffset at, byte[] hash) => Encoding.UTF8.GetBytes(Text(trail, seq, at, hash));

    /// <summary>One word, without capitals: logs take such for no secret, and mask nothing of it.</summary>
    public override string ToString() => $"{Text(Trail, Seq, At, Hash)}/{Convert.ToHexStringLower(Signature)}";

    /// <summary>All that stand in a text, for example in a line of a log.</summary>
    public static IEnumerable<Checkpoint> AllIn(string text) => Word().Matches(text).Select(Of).OfType<Checkpoint>();

    private static Checkpoint? Of(Match word) =>
        DateTimeOffset.TryParseExact(word.Groups["at"].Value, TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? new Checkpoint(
                word.Groups["trail"].Value,
                long.Parse(word.Groups["seq"].Value, NumberStyles.None, CultureInfo.InvariantCulture),
                at,
                Convert.FromHexString(word.Groups["hash"].Value),
                Convert.FromHexString(word.Groups["signature"].Value))
            : null;

    private static string Text(string trail, long seq, DateTimeOffset at, byte[] hash) => string.Create(
        CultureInfo.InvariantCulture, $"{Form}/{trail}/{seq}/{at.UtcDateTime.ToString(TimeForm, CultureInfo.InvariantCulture)}/{Convert.ToHexStringLower(hash)}");

    [GeneratedRegex(
        "laurel-audit-1/(?<trail>[a-z]{1,20})/(?<seq>[0-9]{1,18})/(?<at>[-0-9T:.]{23}Z)/(?<hash>[0-9a-f]{64})/(?<signature>[0-9a-f]{128})",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
