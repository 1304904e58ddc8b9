namespace Laurel.Platform.Postgres;

/// <summary>The items make more work than one transaction should do: the handler wants each half of them on its own.</summary>
public sealed class BatchTooLargeException(string message) : Exception(message);
