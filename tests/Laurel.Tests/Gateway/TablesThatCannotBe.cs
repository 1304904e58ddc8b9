using Laurel.Gateway.Proxying;
using Laurel.Platform.Registry;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Gateway;

/// <summary>What a gateway knows of and what it has routes to are two things; it is ready by the second.</summary>
public sealed class TablesThatCannotBe(ApartLaurel apart) : IClassFixture<ApartLaurel>
{
    [Fact]
    public async Task A_table_with_a_fault_changes_nothing_and_without_routes_to_Laurel_a_gateway_is_not_ready()
    {
        var (table, applied) = (apart.App.Services.GetRequiredService<ProxyTable>(), apart.App.Services.GetRequiredService<AppliedTable>());
        var before = table.Services;
        var shop = Named("shop", "/shop");
        table.Replace([shop]);
        await Eventually.True(() => Task.FromResult(applied.Services is [{ Name: "shop" }]));
        await Eventually.True(async () => await Readiness() == 503);

        // It names all of Laurel; but of two names that are one to YARP it makes no routes at all.
        table.Replace([.. before, shop, Named("Shop", "/other")]);
        Assert.Equal(503, await Readiness());
        Assert.Equal([shop], applied.Services);
        table.Replace(before);
        await Eventually.True(async () => await Readiness() == 200);
        Assert.Equal(before, applied.Services);
    }

    /// <summary>Two routes of one path would be answered with 500.</summary>
    [Fact]
    public void What_a_process_stated_below_its_services_former_prefix_is_not_its_any_more()
    {
        var table = new ProxyTable();
        ServiceInstance stale = new("http://10.0.0.7", "/health", Routes: [new ServiceRoute("GET", "/shop/top")]);
        ServiceInstance now = new("http://10.0.0.8", "/health", Routes: [new ServiceRoute("GET", "/store/top")]);
        table.Replace([new("first", [stale, now], "/store"), new("second", [new("http://10.0.0.9", "/health", Routes: stale.Routes)], "/shop")]);
        Assert.Equal([("first", "/store/top"), ("second", "/shop/top")], table.GetConfig().Routes.Select(route => (route.ClusterId!, route.Match.Path!)));
    }

    private async Task<int> Readiness() => (await apart.App.Anonymous.Get("/health/ready")).Status;

    private static RegisteredService Named(string name, string prefix) => new(name, [new ServiceInstance("http://127.0.0.1:1", "/health")], prefix);
}
