namespace Laurel.Commands;

/// <summary>
/// Tells how far a verb is: at a terminal in one line that changes, elsewhere in a line now and then, so that a log stays readable.
/// </summary>
internal sealed class ProgressLine(TextWriter to, bool isTerminal) : IDisposable
{
    private static readonly TimeSpan AtTerminal = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = TimeProvider.System;
    private long _shown = TimeProvider.System.GetTimestamp();
    private int _width;

    public void Show(string line)
    {
        if (_time.GetElapsedTime(_shown) < (isTerminal ? AtTerminal : Elsewhere))
            return;

        _shown = _time.GetTimestamp();
        if (isTerminal)
            to.Write($"\r{line.PadRight(_width)}");
        else
            to.WriteLine(line);
        _width = line.Length;
    }

    /// <summary>What follows begins on a clean line.</summary>
    public void Dispose()
    {
        if (isTerminal && _width > 0)
            to.Write($"\r{new string(' ', _width)}\r");
    }
}
