using System.Buffers;
using Microsoft.Extensions.Logging;

namespace Laurel.Platform.Telemetry;

/// <summary>
/// Writes each log line with one call before the logger returns. A queue would be faster, and would lose the last lines
/// of a process that dies, which are the ones that are looked for.
/// </summary>
internal sealed class LogProvider(Stream output, LogForm form, TimeProvider time) : ILoggerProvider, ISupportExternalScope
{
    /// <summary>A buffer that one long line has stretched is not kept.</summary>
    private const int MaxKeptBuffer = 2 * LogLines.MaxLineBytes;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private readonly Lock _writing = new();
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose() => output.Dispose();

    private void Write(LogEvent log)
    {
        var line = _buffer ??= new ArrayBufferWriter<byte>(1_024);
        line.ResetWrittenCount();
        if (form is LogForm.Json)
            LogLines.WriteJson(log, line);
        else
            LogLines.WriteText(log, line);
        try
        {
            lock (_writing)
            {
                output.Write(line.WrittenSpan);
                output.Flush();
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // Nobody reads the log any more. The work that was to be logged goes on.
        }
        if (line.Capacity > MaxKeptBuffer)
            _buffer = null;
    }

    private sealed class Logger(LogProvider provider, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => provider._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                provider.Write(LogEvent.Of(provider.Now(), logLevel, name, state, exception, formatter, provider._scopes));
        }
    }

    private DateTimeOffset Now() => form is LogForm.Json ? time.GetUtcNow() : time.GetLocalNow();
}
