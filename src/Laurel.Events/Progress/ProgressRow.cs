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

    /// <summary>Holds on to the state alone: to read it again costs little, and many rows of many objects each cost the garbage collector much.</summary>
    public ProgressRow Packed()
    {
        _progress = null;
        return this;
    }

    /// <exception cref="InvalidDataException">The stored state is none.</exception>
    public Rules.Progress Progress => _progress ??= Rules.Progress.Decode(state);

    /// <summary>The row that follows on another one, or on none.</summary>
    public static ProgressRow After(ProgressRow? before, RunningEvent on, Rules.Progress progress) =>
        new((before?.Version ?? 0) + 1, on.Epoch, Engine.MetBits(on.Definition, progress), progress.Encode()) { _progress = progress };
}
