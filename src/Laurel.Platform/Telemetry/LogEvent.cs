using System.Collections;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Laurel.Platform.Telemetry;

/// <summary>One call of a logger, with secrets masked and every value turned into a number, a boolean or a text.</summary>
internal sealed class LogEvent
{
    private const string Template = "{OriginalFormat}";
    private const int MaxValues = 64;
    private const int MaxElements = 32;

    private readonly Dictionary<string, object?> _values = [];

    private LogEvent(DateTimeOffset time, LogLevel level, string logger, string message, Exception? exception)
    {
        (Time, Level, Logger, Message) = (time, level, logger, message);
        Exception = exception is null ? null : LogException.Of(exception);
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
            (TraceId, SpanId) = (activity.TraceId.ToHexString(), activity.SpanId.ToHexString());
    }

    public DateTimeOffset Time { get; }

    public LogLevel Level { get; }

    public string Logger { get; }

    public string Message { get; }

    public string? TraceId { get; }

    public string? SpanId { get; }

    public LogException? Exception { get; }

    /// <summary>The values of the scopes, outermost first, then the message's own; an inner one replaces an outer one of its name.</summary>
    public IReadOnlyDictionary<string, object?> Values => _values;

    public static LogEvent Of<TState>(DateTimeOffset time, LogLevel level, string logger, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter, IExternalScopeProvider scopes)
    {
        var named = state as IReadOnlyList<KeyValuePair<string, object?>>;
        var result = new LogEvent(time, level, logger, MessageOf(state, named, exception, formatter), exception);
        scopes.ForEachScope(static (scope, result) => result.AddScope(scope), result);
        result.Add(named);
        return result;
    }

    private static string MessageOf<TState>(TState state, IReadOnlyList<KeyValuePair<string, object?>>? named, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        // The formatted message would hold the secret in the middle of a text; the template names it only.
        if (named is not null && named.Any(value => Secrets.IsSecretName(value.Key))
            && named.FirstOrDefault(value => value.Key == Template).Value is string template)
            return template;
        return Secrets.Hide(Try(() => formatter(state, exception)));
    }

    private void AddScope(object? scope)
    {
        // A scope that was opened with a text without values has its template alone.
        if (scope is IEnumerable<KeyValuePair<string, object?>> named
            && scope is not (IReadOnlyList<KeyValuePair<string, object?>> and [{ Key: Template }]))
            Add(named);
        else if (scope is not null)
            _values["scope"] = _values.TryGetValue("scope", out var outer) ? $"{outer} > {TextOf(scope)}" : TextOf(scope);
    }

    private void Add(IEnumerable<KeyValuePair<string, object?>>? named)
    {
        foreach (var (name, value) in named ?? [])
        {
            if (name == Template || (_values.Count >= MaxValues && !_values.ContainsKey(name)))
                continue;
            _values[name] = value is null ? null : Secrets.IsSecretName(name) ? Secrets.Mask : Plain(value);
        }
    }

    private static object Plain(object value) => value switch
    {
        bool or byte or sbyte or short or ushort or int or uint or long or ulong or decimal => value,
        double number when double.IsFinite(number) => value,
        float number when float.IsFinite(number) => value,
        DateTimeOffset time => time.ToString("O"),
        DateTime time => time.ToString("O"),
        byte[] bytes => $"{bytes.Length} bytes",
        string text => Secrets.Hide(text),
        IEnumerable many => Secrets.Hide(Try(() => string.Join(", ", many.Cast<object?>().Take(MaxElements)))),
        _ => TextOf(value),
    };

    private static string TextOf(object value) => Secrets.Hide(Try(() => value.ToString()));

    /// <summary>A value that cannot say what it is must not fail the code that only wanted to log it.</summary>
    internal static string Try(Func<string?> text)
    {
        try
        {
            return text() ?? "";
        }
#pragma warning disable CA1031 // Whatever another type's ToString throws, the log line is written.
        catch (Exception failure)
        {
            return $"({failure.GetType().Name} while formatting)";
        }
#pragma warning restore CA1031
    }
}

/// <summary>An exception as text: its message may quote input, its stack only names code.</summary>
internal sealed record LogException(string Type, string Message, string Stack, LogException? Inner)
{
    private const int MaxDepth = 4;

    public static LogException Of(Exception exception, int depth = 1) => new(
        exception.GetType().FullName ?? exception.GetType().Name,
        Secrets.Hide(LogEvent.Try(() => exception.Message)),
        LogEvent.Try(() => exception.StackTrace),
        exception.InnerException is { } inner && depth < MaxDepth ? Of(inner, depth + 1) : null);
}
