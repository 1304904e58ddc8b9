using System.CommandLine;
using Laurel.Platform;

namespace Laurel.Commands;

/// <summary>The shape of a company, on one machine: each role a process of its own, looked after by this one.</summary>
internal static class ApartCommand
{
    private static readonly Option<string> Url = new("--url")
    {
        Description = "Where the gateway listens. The others take the ports after it, for this machine alone.",
        HelpName = "url",
        DefaultValueFactory = _ => Settings.DefaultUrls,
    };

    private static readonly Option<int> EventsProcesses = new("--events")
    {
        Description = "How many processes of the events service.",
        HelpName = "n",
        DefaultValueFactory = _ => 2,
    };

    public static Command Create() =>
        new Command("apart", "Serve each role by a process of its own on this machine: a gateway, auth, events (two), a worker.") { Url, EventsProcesses }.WithSettings(Run);

    private static async Task Run(ParseResult parsed, Settings settings, CancellationToken interrupted)
    {
        var url = parsed.GetValue(Url)!;
        ListenAddresses.Check(url);
        if (url.Contains(';', StringComparison.Ordinal))
            throw new StartupException("--url is one address: the ports after it are those of the other processes.");
        var port = BindingAddress.Parse(url).Port;
        var count = parsed.GetValue(EventsProcesses);
        if (count is < 1 or > 16)
            throw new StartupException("--events is from 1 to 16.");
        if (port < 1 || port + 2 + count > ushort.MaxValue)
            throw new StartupException($"--url names the port {port}: it is one that has {2 + count} ports after it.");

        await using var databases = await Databases.Open(settings with { Roles = Roles.All }, join: false, interrupted);
        await databases.Migrate(interrupted);
        var (auth, events) = databases.ConnectionStrings;
        string Own(int number) => $"http://127.0.0.1:{port + number}";
        // What stands in the environment they inherit.
        (string, string)[] shared =
        [
            .. settings.Arguments.Select(argument => (argument.Key.Replace(":", "__", StringComparison.Ordinal), argument.Value ?? "")),
            ("ConnectionStrings__Auth", auth), ("ConnectionStrings__Events", events), ("Laurel__DataDir", settings.DataDir), ("Laurel__AuthUrl", Own(1)),
        ];
        // Those that the gateway faces are its clients, also from this machine; the others see the gateway.
        (string, string)[] inner = [.. shared, (NextProxy(settings), "127.0.0.1")];
        var first = new RoleProcess("auth", ["--roles", "auth", "--urls", Own(1)], inner);
        List<RoleProcess> others =
        [
            new("worker", ["--roles", "worker", "--urls", Own(2)], inner),
            .. Enumerable.Range(1, count).Select(number => new RoleProcess($"events-{number}", ["--roles", "events", "--urls", Own(2 + number)], inner)),
            new("gateway", ["--roles", "gateway", "--urls", url], shared),
        ];
        // The others would only say, each on its own, that they wait for it.
        var running = first.KeepRunning(interrupted);
        await Task.WhenAny(first.Serves, running);
        await Task.WhenAll([running, .. others.Select(process => process.KeepRunning(interrupted))]);
    }

    /// <summary>One more than are configured.</summary>
    private static string NextProxy(Settings settings)
    {
        var configured = settings.Configuration.GetSection("Laurel:TrustedProxies");
        return $"Laurel__TrustedProxies__{Enumerable.Range(0, int.MaxValue).First(i => configured[$"{i}"] is null)}";
    }
}
