namespace Laurel.Platform;

/// <summary>
/// The work was not done, or nobody knows whether it was, for a reason that passes: HTTP answers 503 with <c>Retry-After</c>.
/// To try again is safe, since ids and keys decide what has been done already.
/// </summary>
public class UnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>More is waiting than can be worked off soon. This piece of work was not begun.</summary>
public sealed class OverloadedException(string message) : UnavailableException(message);
