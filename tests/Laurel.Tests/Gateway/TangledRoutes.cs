using Laurel.Auth.Registry;
using Laurel.Platform.Registry;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Gateway;

/// <summary>Routes of which a gateway's routing would make more nodes than it has memory for are none that it is told of.</summary>
public sealed class TangledRoutes(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Theory]
    [InlineData(10, true)]
    [InlineData(24, false)]
    [InlineData(30, false)]
    public void A_literal_at_another_place_in_each_doubles_them(int count, bool isFine)
    {
        var routes = Enumerable.Range(0, count).Select(at => Get("/p/" + string.Join('/', Enumerable.Range(0, count).Select(i => i == at ? "a" : $"{{p{i}}}"))));
        Assert.Equal(isFine, !IsRefused([.. routes]));
    }

    [Theory]
    [InlineData("{id}", false)]
    [InlineData("{id:guid}", true)]
    [InlineData("{id:int}", true)]
    public void A_parameter_goes_along_with_the_literals_that_it_could_be(string parameter, bool isFine)
    {
        var routes = Enumerable.Range(0, 500).SelectMany(i => new[] { Get($"/p/one{i}"), Get($"/p/{parameter}/two{i}") });
        Assert.Equal(isFine, !IsRefused([.. routes]));
    }

    [Fact]
    public void The_rest_of_a_path_goes_along_with_all() =>
        Assert.True(IsRefused([.. Enumerable.Range(0, 300).SelectMany(i => new[] { Get($"/p/{i}"), Get($"/p/{{**rest{i}}}") })]));

    /// <summary>
    /// What is not counted is not done either: each literal asked of each parameter would be ten million questions here, of which each
    /// leaves something to collect.
    /// </summary>
    [Fact]
    public void Parameters_that_go_along_with_nothing_cost_nothing()
    {
        List<ServiceRoute> routes =
        [
            .. Enumerable.Range(0, 20).Select(i => Get($"/p/beside{i}")),
            .. Enumerable.Range(0, 1_000).SelectMany(i => new[] { Get($"/p/{{b}}/l{i}"), Get($"/p/{{b}}/{{a:guid}}/x{i}") }),
        ];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(RouteTree.MaxSize + 1, RouteTree.Size(routes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024 * 1024);
    }

    [Fact]
    public void Two_thousand_ordinary_ones_are_fine() =>
        Assert.False(IsRefused([.. Enumerable.Range(0, RouteTable.MaxRoutes).Select(i => Get($"/p/tables{i % 100}/{{id}}/moves{i}/{{move:int}}"))]));

    [Fact]
    public void Laurels_own_are_fine()
    {
        var own = RouteTable.Of(app.Services.GetRequiredService<EndpointDataSource>(), "auth", "events");
        Assert.NotEmpty(own);
        Assert.InRange(RouteTree.Size(own), own.Count, RouteTree.MaxSize / 10);
    }

    private static ServiceRoute Get(string path) => new("GET", path);

    /// <summary>Walked without end it would be the last that auth does.</summary>
    [Fact]
    public void A_path_that_is_none_is_not_walked() =>
        Assert.False(IsRefused([Get("/p" + string.Concat(Enumerable.Repeat("/a", 400_000)))]));

    private static bool IsRefused(IReadOnlyList<ServiceRoute> routes) =>
        ServiceRules.Check(new ServiceInstance("http://10.0.0.7", "/health", Routes: routes), "/p").Any(error => error.Code == "tangled_routes");
}
