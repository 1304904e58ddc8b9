namespace Laurel.Platform.Postgres;

/// <summary>Too much waits already, and this was not even begun. Answered as 503 with Retry-After.</summary>
public sealed class OverloadedException(string message) : Exception(message);

/// <summary>
/// It could not be done, or nobody can tell whether it was. Answered as 503; a retry is safe, since ids decide.
/// </summary>
public sealed class UnavailableException(string message, Exception? inner = null) : Exception(message, inner);
