using System.Collections.Frozen;
using Laurel.Auth;
using Laurel.Events;
using Laurel.Platform;

namespace Laurel;

/// <summary>What was configured, from files, the environment and the command line, in this order of increasing weight.</summary>
internal sealed record Settings(IConfigurationRoot Configuration)
{
    private static readonly FrozenSet<string> Sections = new[] { "Laurel", "ConnectionStrings", "Logging" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public const string DefaultUrls = "http://localhost:8080";

    public bool IsDevelopment => Configuration["environment"] == Environments.Development;

    public bool IsProduction => Configuration["environment"] == Environments.Production;

    /// <summary>What this process does.</summary>
    public Roles Roles { get; init; } = RolesText.Parse(Configuration["Laurel:Roles"]);

    /// <summary>What of it stood among the arguments.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Arguments { get; init; } = [];

    /// <summary>Which of Laurel's services this process serves.</summary>
    public IReadOnlyList<string> OwnServices =>
        [.. new[] { (Roles.Auth, AuthSetup.Service), (Roles.Events, EventsSetup.Service) }.Where(one => Roles.Has(one.Item1)).Select(one => one.Item2)];

    /// <summary>Whether other processes have to know where this one is. One that does all that Laurel does is all of Laurel.</summary>
    public bool IsToldOf => OwnServices.Count > 0 && Roles != Roles.All;

    /// <summary>Where the auth service is, each of its processes or what stands before them; none: in this process.</summary>
    public IReadOnlyList<Uri> AuthUrls { get; } = Addresses(Configuration, "AuthUrl");

    /// <summary>Where others reach this process; null: where it listens.</summary>
    public Uri? AdvertiseUrl { get; } = Addresses(Configuration, "AdvertiseUrl").FirstOrDefault();

    public string DataDir => Path.GetFullPath(Configuration["Laurel:DataDir"] is { Length: > 0 } folder ? folder : ".laurel");

    public string? PostgresDir => Configuration["Laurel:PostgresDir"] is { Length: > 0 } folder ? Path.GetFullPath(folder) : null;

    public static Settings Read(IReadOnlyList<string> arguments)
    {
        var pairs = Pairs(arguments).ToArray();
        var environment = Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environments.Production;
        var configuration = new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile("appsettings.json", optional: true)
            .AddJsonFile($"appsettings.{environment}.json", optional: true)
            .AddEnvironmentVariables()
            .AddInMemoryCollection(pairs)
            .AddInMemoryCollection([new("environment", environment)])
            .Build();
        KnownSettings.Check(configuration);
        return new Settings(configuration) { Arguments = pairs };
    }

    private static Uri[] Addresses(IConfiguration configuration, string name) =>
    [
        .. (configuration[$"Laurel:{name}"] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(text => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
                ? address
                : throw new StartupException($"Laurel__{name} must be an address such as http://auth:8081.")),
    ];

    /// <summary>
    /// <c>--Laurel:DataDir=folder</c> or <c>--Laurel:DataDir folder</c>. A value may hold what it likes, also `=`, and is never
    /// repeated in a message: it may be a password.
    /// </summary>
    private static IEnumerable<KeyValuePair<string, string?>> Pairs(IReadOnlyList<string> arguments)
    {
        for (var at = 0; at < arguments.Count; at++)
        {
            var parts = arguments[at].Split('=', 2);
            var name = parts[0].StartsWith("--", StringComparison.Ordinal) ? parts[0]["--".Length..].Replace("__", ":", StringComparison.Ordinal) : "";
            if (!Sections.Contains(name.Split(':')[0]))
                throw new StartupException($"'{parts[0]}' is no option, no verb and no setting. `laurel --help` lists them.");

            if (parts.Length == 2)
                yield return new(name, parts[1]);
            else if (at + 1 < arguments.Count)
                yield return new(name, arguments[++at]);
            else
                throw new StartupException($"The setting {parts[0]} has no value.");
        }
    }
}
