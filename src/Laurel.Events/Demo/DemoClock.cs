namespace Laurel.Events.Demo;

/// <summary>
/// The clock of a demo, which goes through weeks in seconds. Whatever is made under it is made as it would have been made then, by
/// the rules that hold for what happens now.
/// </summary>
internal sealed class DemoClock : TimeProvider
{
    private long _ticks = System.GetUtcNow().UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    /// <summary>What the machine's clock shows.</summary>
    public static DateTimeOffset Real => System.GetUtcNow();

    public void Set(DateTimeOffset now) => Interlocked.Exchange(ref _ticks, now.UtcTicks);
}
