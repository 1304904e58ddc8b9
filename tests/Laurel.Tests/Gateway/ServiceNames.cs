using Laurel.Platform.Registry;

namespace Laurel.Tests.Gateway;

/// <summary>A line break at the end is part of a name, and of none that is allowed.</summary>
public sealed class ServiceNames
{
    [Theory]
    [InlineData("boards", true)]
    [InlineData("boards\n", false)]
    [InlineData("Boards", false)]
    [InlineData("b", false)]
    public void A_name_is_a_word(string name, bool isName) => Assert.Equal(isName, RouteTable.IsName(name));

    [Theory]
    [InlineData("/boards", true)]
    [InlineData("/boards/top", true)]
    [InlineData("/boards\n", false)]
    [InlineData("/boards/", false)]
    public void A_prefix_is_made_of_words(string prefix, bool isPrefix) => Assert.Equal(isPrefix, RouteTable.IsPrefix(prefix));

    [Theory]
    [InlineData("/boards/{id:guid}", true)]
    [InlineData("/boards/{**rest}", true)]
    [InlineData("/boards/top\n", false)]
    [InlineData("/boards/{id\n}", false)]
    public void A_route_stands_in_one_line(string path, bool isRoute) => Assert.Equal(isRoute, RouteTable.Fault(new ServiceRoute("GET", path), "/boards") is null);
}
