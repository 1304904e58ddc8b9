using Laurel.Auth;
using Laurel.Docs;
using Laurel.Events;
using Laurel.Platform;
using Laurel.Platform.Issuers;
using Laurel.Platform.Secrets;
using Laurel.Platform.Telemetry;

namespace Laurel;

/// <summary>All services in one process.</summary>
internal static class LaurelHost
{
    public static WebApplication Build(Settings settings, Databases databases, string urls, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = "laurel",
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = settings.Configuration["environment"],
        });
        builder.Configuration.AddConfiguration(settings.Configuration);
        builder.WebHost.UseKestrel().UseUrls(urls);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddRouting();
        builder.AddLaurelLogging();
        // What keeps the host from starting is told to the person who starts it, in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        builder.AddPlatform();
        builder.Services.AddSingleton(MasterKey.Load(settings.Configuration["Laurel:MasterKey"], settings.DataDir));
        builder.Services.AddAuth(databases.Auth, AuthOptions.Read(settings.Configuration, production: !settings.IsDevelopment));
        builder.Services.AddEvents(databases.Events, EventsOptions.Read(settings.Configuration));

        var app = builder.Build();
        app.UsePlatform();
        app.MapAuth();
        app.MapEvents();
        app.MapDocs();
        return app;
    }

    /// <summary>What has to be there before the first request is served.</summary>
    public static async Task StartServices(this IServiceProvider provider, CancellationToken cancellation)
    {
        await provider.GetRequiredService<TrustedIssuers>().Start(cancellation);
        await provider.StartAuth(cancellation);
        await provider.StartEvents(cancellation);
    }
}
