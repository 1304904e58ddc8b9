using System.Diagnostics;
using System.Text;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Issuers;
using Laurel.Platform.Limits;
using Laurel.Platform.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using IPNetwork = System.Net.IPNetwork;

namespace Laurel.Platform;

/// <summary>What every service stands on, put together.</summary>
public static class PlatformSetup
{
    public const int MaxBodyBytes = 1024 * 1024;

    /// <param name="builder">Of the process.</param>
    /// <param name="facesClients">Whether requests come from clients. From a gateway all would seem to come from one address, and it has counted them.</param>
    public static void AddPlatform(this WebApplicationBuilder builder, bool facesClients = true)
    {
        // One trace id from the log line to the problem's `traceId`; a caller's W3C traceparent goes on.
        Activity.DefaultIdFormat = ActivityIdFormat.W3C;

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            // What a service behind the gateway has said goes on byte by byte; Laurel itself says nothing that is not ASCII.
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        });

        builder.AddLaurelMetrics();
        // With the three seconds before it, less than the ten after which container managers kill.
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(6));
        var services = builder.Services;
        // Behind a gateway it has been asked, and answered.
        services.AddSingleton(facesClients ? CorsOptions.Read(builder.Configuration) : CorsOptions.None);
        services.AddSingleton<RevokedSessions>();
        services.AddTrustedIssuers(IssuerSettings.Read(builder.Configuration));
        services.AddSingleton<Cursors>();
        services.AddSingleton<Draining>();
        services.AddLimits(LimitOptions.Read(builder.Configuration), facesClients);
        services.ConfigureHttpJsonOptions(options => JsonRules.Apply(options.SerializerOptions));
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.Configure<RouteOptions>(options => options.LowercaseUrls = true);
        services.AddOpenApiDocument("platform", "Laurel: health", "Whether a process lives and can serve.");
        var proxies = TrustedProxies(builder.Configuration);
        services.Configure<ForwardedHeadersOptions>(options => Trust(proxies, options));
    }

    public static void UsePlatform(this WebApplication app)
    {
        app.UseMiddleware<SecurityHeaders>();
        app.UseForwardedHeaders();
        if (app.Services.GetRequiredService<CorsOptions>() is { Origins.Count: > 0 } cors)
            app.UseMiddleware<Cors>(cors);
        app.UseMiddleware<ProblemAnswers>();
        app.UseRouting();
        app.UseMiddleware<AccessControl>();
        app.UseMiddleware<QueryCheck>();
        app.UseMiddleware<Admission>();
        app.MapHealth();
        app.MapMetrics().AllowAnyone().Limited(LimitKind.None);
    }

    private static List<IPNetwork> TrustedProxies(IConfiguration configuration) =>
    [
        .. (configuration.GetSection("Laurel:TrustedProxies").Get<string[]>() ?? []).Select(proxy =>
            IPNetwork.TryParse(proxy.Contains('/') ? proxy : proxy + (proxy.Contains(':') ? "/128" : "/32"), out var network)
                ? network
                : throw new StartupException($"Laurel__TrustedProxies names '{proxy}', which is no address and no network.")),
    ];

    /// <summary>Only the proxies that the configuration names may tell a client's address; from anyone else it would be a lie worth telling.</summary>
    private static void Trust(List<IPNetwork> proxies, ForwardedHeadersOptions options)
    {
        options.ForwardedHeaders = proxies.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        // All the way back to the first address that is no proxy of ours.
        options.ForwardLimit = null;
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
            options.KnownIPNetworks.Add(proxy);
    }
}
