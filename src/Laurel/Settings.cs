using Laurel.Platform;

namespace Laurel;

/// <summary>What was configured, from files, the environment and the command line, in this order of increasing weight.</summary>
internal sealed record Settings(IConfigurationRoot Configuration, IReadOnlyList<string> Arguments)
{
    public const string DefaultUrls = "http://localhost:8080";

    public bool IsDevelopment => Configuration["environment"] == Environments.Development;

    public string DataDir => Path.GetFullPath(Configuration["Laurel:DataDir"] is { Length: > 0 } folder ? folder : ".laurel");

    public string? PostgresDir => Configuration["Laurel:PostgresDir"] is { Length: > 0 } folder ? Path.GetFullPath(folder) : null;

    public static Settings Read(IReadOnlyList<string> arguments)
    {
        var pairs = arguments.SelectMany(argument => argument.Split('=', 2)).ToArray();
        for (var at = 0; at < pairs.Length; at += 2)
        {
            if (!pairs[at].StartsWith("--Laurel", StringComparison.OrdinalIgnoreCase) && !pairs[at].StartsWith("--ConnectionStrings", StringComparison.OrdinalIgnoreCase))
                throw new StartupException($"'{pairs[at]}' is no option, no verb and no setting. `laurel --help` lists them.");
            if (at + 1 == pairs.Length)
                throw new StartupException($"The setting {pairs[at]} has no value.");
        }

        IReadOnlyList<string> normal = [.. pairs.Select((text, at) => at % 2 == 0 ? text.Replace("__", ":", StringComparison.Ordinal) : text)];
        var environment = Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environments.Production;
        var configuration = new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile("appsettings.json", optional: true)
            .AddJsonFile($"appsettings.{environment}.json", optional: true)
            .AddEnvironmentVariables()
            .AddCommandLine([.. normal])
            .AddInMemoryCollection([new("environment", environment)])
            .Build();
        KnownSettings.Check(configuration);
        return new Settings(configuration, normal);
    }
}
