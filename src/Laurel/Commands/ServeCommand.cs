using System.CommandLine;
using Laurel.Auth.Accounts;
using Laurel.Platform;

namespace Laurel.Commands;

internal static class ServeCommand
{
    private static readonly Option<string?> Urls = new("--urls")
    {
        Description = $"Where to listen, several separated by semicolons. Default: {Settings.DefaultUrls}",
        HelpName = "urls",
    };

    private static readonly Option<string?> RolesOption = new("--roles")
    {
        Description = "What this process does: gateway, auth, events, worker, several separated by commas. Default: all of it",
        HelpName = "roles",
    };

    public static Command Create() => new Command("serve", "Serve all of Laurel in one process, or some of its roles (what happens without a verb).") { Urls, RolesOption }.WithSettings(Serve);

    public static void MakeDefault(RootCommand root)
    {
        root.Options.Add(Urls);
        root.Options.Add(RolesOption);
        root.WithSettings(Serve);
    }

    private static async Task Serve(ParseResult parsed, Settings settings, CancellationToken interrupted)
    {
        string?[] configured = [parsed.GetValue(Urls), settings.Configuration["urls"], settings.Configuration["ASPNETCORE_URLS"]];
        var urls = configured.FirstOrDefault(urls => !string.IsNullOrWhiteSpace(urls)) ?? Settings.DefaultUrls;
        ListenAddresses.Check(urls);
        if (parsed.GetValue(RolesOption) is { } roles)
            settings = settings with { Roles = RolesText.Parse(roles) };
        if (!settings.Roles.Has(Roles.Auth) && settings.AuthUrls.Count == 0)
            throw new StartupException("A process without the role auth needs Laurel__AuthUrl, such as http://auth:8081.");
        // Another gateway would look for it on its own machine, and find itself there.
        if (settings.IsToldOf && settings.Roles.Has(Roles.Gateway) && settings.AdvertiseUrl is null && ListenAddresses.IsEverywhere(urls))
            throw new StartupException($"A process with the roles {settings.Roles.Text()} that listens everywhere needs Laurel__AdvertiseUrl, such as http://laurel-1:8080.");
        await using var databases = await Databases.Open(settings, join: false, interrupted);
        await databases.Migrate(interrupted);

        await using var app = LaurelHost.Build(settings, databases, urls);
        await databases.WarnOfOwners(app.Services.GetRequiredService<ILogger<Databases>>(), interrupted);
        await app.Services.StartServices(interrupted);
        if (settings.Roles.Has(Roles.Auth))
            await MakeAdmin(app, settings, interrupted);

        await Start(app, urls);
        Announce(app, settings, databases);
        await Run(app, databases, interrupted);
    }

    private static async Task MakeAdmin(WebApplication app, Settings settings, CancellationToken interrupted)
    {
        var isMine = await app.Services.GetRequiredService<Admins>().Ensure(
            settings.Configuration["Laurel:Admin:Email"], settings.Configuration["Laurel:Admin:Password"], Announce, interrupted);
        if (!isMine)
            Console.Out.WriteLine("Another process has just made the first admin: what is shown here is void.");
    }

    /// <summary>Until interrupted, or until PostgreSQL is lost for good.</summary>
    private static async Task Run(WebApplication app, Databases databases, CancellationToken interrupted)
    {
        using var stop = new CancellationTokenSource();
        await using var draining = interrupted.Register(() => _ = Drain(app, stop));
        var served = app.WaitForShutdownAsync(stop.Token);
        var kept = databases.KeepRunning(app.Services.GetRequiredService<ILogger<Databases>>(), stop.Token);
        await Task.WhenAny(served, kept);
        await stop.CancelAsync();
        await served;
        try
        {
            await kept;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // We have just cancelled it.
        }
    }

    /// <summary>
    /// A process that others send requests to goes on serving for a moment, until they have learnt that it goes: longer than gateways take
    /// to ask who is there, and balancers whether it is ready. All in one process has nobody to tell.
    /// </summary>
    private static async Task Drain(WebApplication app, CancellationTokenSource stop)
    {
        app.Services.GetRequiredService<Draining>().Begin();
        var roles = app.Services.GetRequiredService<Settings>().Roles;
        if (roles.Has(Roles.Gateway | Roles.Auth | Roles.Events) && roles != Roles.All)
            await Task.Delay(TimeSpan.FromSeconds(3));
        await stop.CancelAsync();
    }

    private static async Task Start(WebApplication app, string urls)
    {
        try
        {
            await StartOrStop(app);
        }
        catch (IOException exception)
        {
            throw new StartupException($"Cannot listen on {urls}: {FirstLine(exception)} Stop what is there, or choose another with --urls.", exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.Net.Sockets.SocketException)
        {
            throw new StartupException($"Cannot listen on {urls}: {FirstLine(exception)} Choose another with --urls.", exception);
        }
    }

    /// <summary>What has begun already ends in order, so that nothing but the reason is told.</summary>
    private static async Task StartOrStop(WebApplication app)
    {
        try
        {
            // It takes no time: what does is over. Half a start would be told as many failures; interrupted, it stops as soon as it is done.
            await app.StartAsync(CancellationToken.None);
        }
        catch
        {
            await app.StopAsync(CancellationToken.None);
            throw;
        }
    }

    private static string FirstLine(Exception exception) => exception.Message.Split('\n', 2)[0].TrimEnd('.', '\r') + ".";

    private static void Announce(NewAccount admin)
    {
        Console.Out.WriteLine($"The first admin is {admin.Email}.");
        AdminCommand.ShowPassword(admin);
    }

    private static void Announce(WebApplication app, Settings settings, Databases databases)
    {
        var address = app.Urls.First();
        if (!settings.Roles.Has(Roles.Gateway))
        {
            Console.Out.WriteLine($"Laurel {VersionCommand.Short} serves {settings.Roles.Text()}: {address}/health/ready");
            return;
        }

        var database = databases.IsEmbedded ? $"a PostgreSQL of its own, in {settings.DataDir}"
            : settings.Roles == Roles.Gateway ? "none: what it passes on is kept elsewhere"
            : "as configured";
        Console.Out.WriteLine(
            $"""

            Laurel {VersionCommand.Short} serves{(settings.Roles == Roles.All ? "" : $" {settings.Roles.Text()}")}.

              API       {address}/v1
              Docs      {address}/docs
              Health    {address}/health/ready
              Metrics   {address}/metrics
              Database  {database}

            Ctrl-C stops it.
            """);
    }
}
