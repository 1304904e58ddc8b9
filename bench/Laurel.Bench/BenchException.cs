namespace Laurel.Bench;

/// <summary>Nothing could be measured, for a reason that the message tells in one sentence.</summary>
public sealed class BenchException(string message, Exception? inner = null) : Exception(message, inner);
