using Laurel.Platform.Registry;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Tests.Gateway;

/// <summary>What a gateway may send to a second process, as Laurel's own endpoints say.</summary>
public sealed class SentAgain(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public void A_key_counts_where_it_is_read_and_nowhere_else()
    {
        var writes = Routes().Where(route => route.Method is not "GET").ToLookup(route => route.Repeat, route => $"{route.Method} {route.Path}");
        Assert.Equal(
            ["POST /v1/events/{id:guid}/claims", "POST /v1/grants", "POST /v1/points/credits", "POST /v1/points/debits", "POST /v1/points/transfers/{id:guid}/reversal"],
            writes[Repeat.WithKey].Distinct().Order());
        Assert.Equal(["POST /v1/activities"], writes[Repeat.WithIds].Select(route => route.TrimEnd('/')).Distinct());
        Assert.Contains("POST /v1/rewards", writes[Repeat.Never].Select(route => route.TrimEnd('/')));
        Assert.Empty(writes[null]);
        Assert.Empty(writes[Repeat.Always]);
    }

    [Fact]
    public void A_read_is_sent_again() =>
        Assert.All(Routes().Where(route => route.Method is "GET"), route => Assert.Equal(Repeat.Always, route.Repeat));

    private List<ServiceRoute> Routes() => RouteTable.Of(new DefaultEndpointDataSource(app.Endpoints), "auth", "events");
}
