using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Laurel.Events;

/// <summary>The events service: what operators define, what users do, what they have reached.</summary>
public static class EventsSetup
{
    public const string Service = "events";

    public static void AddEvents(this IServiceCollection services, NpgsqlDataSource database)
    {
        services.AddSingleton(new ReadinessCheck("events database", cancellation => database.Execute("SELECT 1", [], cancellation)));
        services.AddOpenApiDocument("events", "Laurel: events", "Events, rewards, activities, progress.");
    }

    public static void MapEvents(this IEndpointRouteBuilder routes) => _ = routes;

    /// <summary>What has to be there before the first request is served.</summary>
    public static Task StartEvents(this IServiceProvider provider, CancellationToken cancellation)
    {
        _ = (provider, cancellation);
        return Task.CompletedTask;
    }
}
