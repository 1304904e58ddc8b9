namespace Laurel.Platform;

/// <summary>
/// Laurel cannot start, for a reason that whoever runs it can do something about.
/// The message is printed as one line, without a stack trace, and the process ends with status 1.
/// </summary>
public sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
