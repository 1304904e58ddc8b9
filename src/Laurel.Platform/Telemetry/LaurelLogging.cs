using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Laurel.Platform.Telemetry;

internal enum LogForm
{
    Json,
    Text,
}

public static class LaurelLogging
{
    /// <summary>
    /// Logs go to standard error, a line each: as text when a person sits at the terminal, else as JSON; <c>Laurel:Logs</c>
    /// (json or text) decides otherwise. Standard output is left to what people asked for.
    /// The framework's categories start at Warning, all others at Information, unless the section <c>Logging</c> says otherwise.
    /// </summary>
    public static IHostApplicationBuilder AddLaurelLogging(this IHostApplicationBuilder builder)
    {
        var form = FormOf(builder.Configuration["Laurel:Logs"]);
        CheckLevels(builder.Configuration.GetSection("Logging"));
        builder.Logging.ClearProviders();
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Services.AddSingleton<ILoggerProvider>(services => new LogProvider(
            Console.OpenStandardError(), form, services.GetService<TimeProvider>() ?? TimeProvider.System));

        // It goes before the rules that configuration has made: of two for the same category the later one counts.
        builder.Services.Configure<LoggerFilterOptions>(options =>
            options.Rules.Insert(0, new LoggerFilterRule(null, "Microsoft", LogLevel.Warning, null)));
        // Each line states its trace by itself; the scope that says it once more is switched off.
        builder.Services.Configure<LoggerFactoryOptions>(options => options.ActivityTrackingOptions = ActivityTrackingOptions.None);
        return builder;
    }

    /// <summary>The framework finds a misspelled level only when the first line is logged, and then with a stack trace.</summary>
    private static void CheckLevels(IConfigurationSection logging)
    {
        foreach (var (key, level) in logging.AsEnumerable())
        {
            if (key.Contains(":LogLevel:", StringComparison.OrdinalIgnoreCase) && level is not null && !Enum.TryParse<LogLevel>(level, ignoreCase: true, out _))
                throw new StartupException($"{key} is '{level}'; it can be {string.Join(", ", Enum.GetNames<LogLevel>())}.");
        }
    }

    private static LogForm FormOf(string? setting) => setting?.ToUpperInvariant() switch
    {
        "JSON" => LogForm.Json,
        "TEXT" => LogForm.Text,
        null or "" => Console.IsErrorRedirected ? LogForm.Json : LogForm.Text,
        _ => throw new StartupException($"Laurel:Logs is '{setting}'; it can be 'json' or 'text'."),
    };
}
