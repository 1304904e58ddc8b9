namespace Laurel.Platform.Postgres;

/// <summary>What the batch assumed is no longer so: its handler wants to be run again, in a new transaction.</summary>
public sealed class RepeatBatchException(string message) : Exception(message);
