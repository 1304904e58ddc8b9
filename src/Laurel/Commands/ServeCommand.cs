using System.CommandLine;
using Laurel.Auth;
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

    public static Command Create() => new Command("serve", "Serve all of Laurel in one process (what happens without a verb).") { Urls }.WithSettings(Serve);

    public static void MakeDefault(RootCommand root)
    {
        root.Options.Add(Urls);
        root.WithSettings(Serve);
    }

    private static async Task Serve(ParseResult parsed, Settings settings, CancellationToken interrupted)
    {
        var urls = parsed.GetValue(Urls) ?? settings.Configuration["urls"] ?? settings.Configuration["ASPNETCORE_URLS"] ?? Settings.DefaultUrls;
        await using var databases = await Databases.Open(settings, join: false, interrupted);
        await databases.Migrate(interrupted);

        await using var app = LaurelHost.Build(settings, databases, urls);
        await app.Services.StartAuth(interrupted);
        var admin = await app.Services.GetRequiredService<FirstAdmin>().Ensure(
            settings.Configuration["Laurel:Admin:Email"], settings.Configuration["Laurel:Admin:Password"], interrupted);
        if (admin is not null)
            Announce(admin);

        await Start(app, urls, interrupted);
        Announce(app, settings, databases);
        await app.WaitForShutdownAsync(interrupted);
    }

    private static async Task Start(WebApplication app, string urls, CancellationToken interrupted)
    {
        try
        {
            await app.StartAsync(interrupted);
        }
        catch (IOException exception)
        {
            throw new StartupException($"Cannot listen on {urls}: {exception.Message} Stop what is there, or choose another with --urls.", exception);
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException or System.Net.Sockets.SocketException)
        {
            throw new StartupException($"Cannot listen on {urls}: {exception.Message}", exception);
        }
    }

    private static void Announce(NewAdmin admin)
    {
        Console.Out.WriteLine($"The first admin is {admin.Email}.");
        if (admin.GeneratedPassword is { } password)
            Console.Out.WriteLine($"Its password, shown this once: {password}");
    }

    private static void Announce(WebApplication app, Settings settings, Databases databases)
    {
        var address = app.Urls.First();
        Console.Out.WriteLine(
            $"""

            Laurel {VersionCommand.Version} serves.

              API       {address}/v1
              Docs      {address}/docs
              Health    {address}/health/ready
              Metrics   {address}/metrics
              Database  {(databases.IsEmbedded ? $"a PostgreSQL of its own, in {settings.DataDir}" : "as configured")}

            Ctrl-C stops it.
            """);
    }
}
