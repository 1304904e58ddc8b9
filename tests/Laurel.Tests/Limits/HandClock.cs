namespace Laurel.Tests.Limits;

/// <summary>A clock of a thousand ticks a second that is moved by hand, also back.</summary>
internal sealed class HandClock : TimeProvider
{
    public long Now { get; set; } = 1_000_000;

    public override long TimestampFrequency => 1_000;

    public override long GetTimestamp() => Now;
}
