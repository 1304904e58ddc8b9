using Laurel.Auth;
using Laurel.Docs;
using Laurel.Events;
using Laurel.Gateway;
using Laurel.Gateway.Documents;
using Laurel.Platform;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Issuers;
using Laurel.Platform.Secrets;
using Laurel.Platform.Telemetry;
using Laurel.Platform.Tokens;
using Microsoft.AspNetCore.Hosting.Server;

namespace Laurel;

/// <summary>The roles of a process, put together.</summary>
internal static class LaurelHost
{
    public static WebApplication Build(Settings settings, Databases databases, string urls, TimeProvider? time = null)
    {
        var (roles, configuration) = (settings.Roles, settings.Configuration);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = "laurel",
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = configuration["environment"],
        });
        builder.Configuration.AddConfiguration(configuration);
        builder.WebHost.UseKestrel().UseUrls(urls);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton<IHostLifetime, StoppedByCommand>();
        builder.Services.AddRouting();
        builder.AddLaurelLogging();
        // What keeps the host from starting is told to the person who starts it, in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // YARP tells of each probe that fails, every second; what comes of it is told by the gateway.
        builder.Logging.AddFilter("Yarp", LogLevel.Error);
        // A process behind the gateway sees one address, and whoever comes from there has been counted.
        builder.AddPlatform(facesClients: roles.Has(Roles.Gateway));
        builder.Services.AddCluster(settings);
        if (roles.Has(Roles.Auth))
            builder.Services.AddAuth(databases.Auth, AuthOptions.Read(configuration, production: !settings.IsDevelopment));
        else
            builder.Services.AddRemoteAuth();
        if (roles.Has(Roles.Events | Roles.Worker))
            builder.Services.AddEvents(databases.Events, EventsOptions.Read(configuration));
        if (roles.Has(Roles.Events))
            builder.Services.AddEventsIntake();
        if (roles.Has(Roles.Worker))
            builder.Services.AddEventsWork();
        if (roles.Has(Roles.Gateway))
            builder.Services.AddGateway(GatewayOptions.Read(configuration), settings.OwnServices);
        if (settings.IsToldOf)
            builder.Services.AddHostedService<Registration>();

        var app = builder.Build();
        app.UsePlatform();
        if (roles.Has(Roles.Auth))
            app.MapAuth();
        if (roles.Has(Roles.Events))
            app.MapEvents();
        if (roles.Has(Roles.Gateway))
            app.MapGateway();
        app.MapDocs(settings.OwnServices, app.Services.GetService<ServiceDocuments>());
        return app;
    }

    /// <summary>What has to be there before the first request is served.</summary>
    public static async Task StartServices(this IServiceProvider provider, CancellationToken cancellation)
    {
        var roles = provider.GetRequiredService<Settings>().Roles;
        await provider.GetRequiredService<TrustedIssuers>().Start(cancellation);
        if (roles.Has(Roles.Auth))
            await provider.StartAuth(cancellation);
        if (roles.Has(Roles.Events | Roles.Worker))
            await provider.StartEvents(cancellation);
    }

    /// <summary>
    /// A host that hears of signals by itself stops at once: the command that runs it hears of them, and first lets others know.
    /// </summary>
    private sealed class StoppedByCommand : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>How Laurel's own processes know and find one another.</summary>
    private static void AddCluster(this IServiceCollection services, Settings settings)
    {
        var configuration = settings.Configuration;
        var secret = configuration["Laurel:ClusterSecret"];
        services.AddSingleton(settings);
        // A gateway alone has no use for the master key, and better has none; it shares the secret of the cluster then.
        if (settings.Roles != Roles.Gateway || string.IsNullOrWhiteSpace(secret))
            services.AddSingleton(MasterKey.Load(configuration["Laurel:MasterKey"], settings.DataDir));
        services.AddSingleton(provider => ClusterKey.Load(
            secret, () => provider.GetRequiredService<SecretBox>().DeriveKey("cluster"), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new AuthAddress(settings.AuthUrls, provider.GetRequiredService<IServer>()));
    }

    private static void AddRemoteAuth(this IServiceCollection services)
    {
        services.AddSingleton<RemoteAuth>();
        services.AddTokenVerification(
            AuthOptions.Issuer,
            AuthOptions.Audience,
            provider => provider.GetRequiredService<RemoteAuth>().Keys,
            (provider, cancellation) => provider.GetRequiredService<RemoteAuth>().Refresh(cancellation));
        services.AddSingleton(provider => new ReadinessCheck("keys of auth", _ => provider.GetRequiredService<RemoteAuth>().IsLoaded
            ? Task.CompletedTask
            : throw new UnavailableException("The keys have not been read yet.")));
    }
}
