namespace Laurel.Platform.Postgres;

/// <summary>A bound on how long something outside of this process is waited for.</summary>
internal readonly record struct Deadline(long Timestamp)
{
    public static Deadline In(TimeSpan time) =>
        new(TimeProvider.System.GetTimestamp() + (long)(time.TotalSeconds * TimeProvider.System.TimestampFrequency));

    public bool IsOver => TimeProvider.System.GetTimestamp() >= Timestamp;
}
