using Laurel.Events.Catalog;
using Laurel.Rules;

namespace Laurel.Events.Progress;

/// <summary>A row of progress, as it is stored.</summary>
internal sealed class ProgressRow(int version, int epoch, long met, byte[] state)
{
    private Rules.Progress? _progress;

    public int Version => version;

    public int Epoch => epoch;

    /// <summary>Bit 0: the event's condition is met; bit n: that of the offer with ordinal n.</summary>
    public long Met => met;

    public byte[] State => state;

    /// <exception cref="InvalidDataException">The stored state is none.</exception>
    public Rules.Progress Progress => _progress ??= Rules.Progress.Decode(state);

    /// <summary>
    /// The epoch that a row has while it is under repair in an epoch: no row is folded under it, so whoever meets it folds the row anew.
    /// When the event's next epoch comes, the row is one of an older epoch like any other.
    /// </summary>
    public static int UnderRepair(int epoch) => ~epoch;

    public bool IsUnderRepair(RunningEvent @in) => epoch == UnderRepair(@in.Epoch);

    /// <summary>
    /// The row that follows on another one, or on none. One under repair stays that, and keeps what was met before, so that the repair
    /// can tell what it has changed.
    /// </summary>
    public static ProgressRow After(ProgressRow? before, RunningEvent on, Rules.Progress progress) => before?.IsUnderRepair(on) == true
        ? new(before.Version + 1, before.Epoch, before.Met, progress.Encode()) { _progress = progress }
        : Folded(before, on, progress);

    /// <summary>The same, where it was folded anew after what it is repaired of: it is under repair no more.</summary>
    public static ProgressRow Folded(ProgressRow? before, RunningEvent on, Rules.Progress progress) =>
        new((before?.Version ?? 0) + 1, on.Epoch, Engine.MetBits(on.Definition, progress), progress.Encode()) { _progress = progress };
}
