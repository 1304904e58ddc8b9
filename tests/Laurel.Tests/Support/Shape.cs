using System.Net;
using Laurel.Auth;
using Laurel.Events;
using Laurel.Platform.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Support;

/// <summary>
/// The processes that Laurel is made of: one for all roles; or, with LAUREL_SHAPE=apart, a gateway, auth, two of events and a worker, each
/// with a server of its own. The same tests are true of both.
/// </summary>
internal sealed class Shape : IServiceProvider, IAsyncDisposable
{
    public static readonly IReadOnlyList<Roles> Together = [Roles.All];

    /// <summary>As a company runs it.</summary>
    public static readonly IReadOnlyList<Roles> Apart = [Roles.Auth, Roles.Events, Roles.Events, Roles.Worker, Roles.Gateway];

    private readonly List<Running> _running = [];

    public static bool IsToBeApart => Environment.GetEnvironmentVariable("LAUREL_SHAPE") switch
    {
        null or "" or "together" => false,
        "apart" => true,
        var other => throw new InvalidOperationException($"LAUREL_SHAPE is together or apart, not {other}."),
    };

    /// <summary>Of the one that faces the clients.</summary>
    public Uri Address => new(_running.First(one => one.Roles.Has(Roles.Gateway)).App.Urls.Single());

    public IEnumerable<Uri> Addresses => _running.Select(one => new Uri(one.App.Urls.Single()));

    /// <summary>Of the first that has the role.</summary>
    public Uri AddressOf(Roles role) => new(_running.First(one => one.Roles.Has(role)).App.Urls.Single());

    /// <summary>What all of them serve; of what the gateway passes on, what stands in it is the same and comes last.</summary>
    public IEnumerable<RouteEndpoint> Endpoints => _running.SelectMany(one => one.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>());

    /// <summary>The first of these processes has auth.</summary>
    public static async Task<Shape> Start(IReadOnlyDictionary<string, string?> settings, IReadOnlyList<Roles> processes, TimeProvider clock, CancellationToken cancellation)
    {
        var shape = new Shape();
        try
        {
            var auth = await shape.Start(settings, processes[0], clock, cancellation);
            var others = new Dictionary<string, string?>(settings, StringComparer.Ordinal)
            {
                ["Laurel:AuthUrl"] = auth.Urls.Single(),
                ["Laurel:TrustedProxies:0"] = "127.0.0.1",
            };
            foreach (var roles in processes.Skip(1))
                await shape.Start(others, roles, clock, cancellation);
            return shape;
        }
        catch
        {
            await shape.DisposeAsync();
            throw;
        }
    }

    public Databases Of(Roles role) => _running.First(one => one.Roles.Has(role)).Databases;

    /// <summary>The process that serves what this document describes.</summary>
    public IServiceProvider Describing(string document) => _running.First(one => document switch
    {
        AuthSetup.Service => one.Roles.Has(Roles.Auth),
        EventsSetup.Service => one.Roles.Has(Roles.Events),
        _ => true,
    }).App.Services;

    public object? GetService(Type serviceType)
    {
        if (!serviceType.IsGenericType || serviceType.GetGenericTypeDefinition() != typeof(IEnumerable<>))
            return First(serviceType);
        var all = _running.SelectMany(one => (IEnumerable<object>)one.App.Services.GetService(serviceType)!).ToArray();
        var services = Array.CreateInstance(serviceType.GetGenericArguments()[0], all.Length);
        Array.Copy(all, services, all.Length);
        return services;
    }

    private object? First(Type serviceType) => _running.Select(one => one.App.Services.GetService(serviceType)).FirstOrDefault(service => service is not null);

    /// <summary>When each gateway can serve and knows all services. It is asked nothing that counts: a test may be about limits.</summary>
    public async Task IsComplete()
    {
        foreach (var gateway in _running.Where(one => one.Roles.Has(Roles.Gateway)))
            await IsComplete(new Uri(gateway.App.Urls.Single()));
    }

    private async Task IsComplete(Uri gateway)
    {
        using var http = new HttpClient { BaseAddress = gateway };
        // As one of Laurel's own processes, whose requests are not counted.
        var stamp = this.GetRequiredService<ClusterKey>().Stamp();
        foreach (var path in new[] { "/health/ready", "/v1/me", "/v1/me/progress" })
        {
            await Eventually.True(async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.Authorization = new("Bearer", stamp);
                using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
                return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Forbidden;
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _running.AsEnumerable().Reverse())
        {
            await one.App.StopAsync(CancellationToken.None);
            await one.App.DisposeAsync();
            await one.Databases.DisposeAsync();
        }
    }

    private async Task<WebApplication> Start(IReadOnlyDictionary<string, string?> values, Roles roles, TimeProvider clock, CancellationToken cancellation)
    {
        var settings = new Settings(new ConfigurationBuilder().AddInMemoryCollection(values).Build()) { Roles = roles };
        var databases = await Databases.Open(settings, join: false, cancellation);
        var app = LaurelHost.Build(settings, databases, "http://127.0.0.1:0", clock);
        _running.Add(new Running(roles, app, databases));
        await app.Services.StartServices(cancellation);
        await app.StartAsync(cancellation);
        return app;
    }

    private sealed record Running(Roles Roles, WebApplication App, Databases Databases);
}
