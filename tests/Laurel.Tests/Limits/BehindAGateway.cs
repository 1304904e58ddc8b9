using System.Net;
using Laurel.Platform.Access;
using Laurel.Platform.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Limits;

public sealed class BehindAGateway
{
    private readonly LimitOptions _options = new() { AccountBurst = 1, AddressBurst = 1, AtOnce = 7 };
    private readonly DefaultHttpContext _context = new() { Connection = { RemoteIpAddress = IPAddress.Loopback } };
    private readonly Caller _caller = new("game:anna", Guid.Empty, Role.User, []);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Requests_are_counted_where_clients_come_and_only_there(bool facesClients)
    {
        var services = new ServiceCollection().AddMetrics().AddSingleton(TimeProvider.System);
        services.AddLimits(_options, facesClients);
        await using var provider = services.BuildServiceProvider();
        var limits = provider.GetRequiredService<RequestLimits>();

        for (var at = 0; at < 3; at++)
        {
            Assert.Equal(facesClients && at > 0, limits.Stranger(_context) is not null);
            Assert.Equal(facesClients && at > 0, limits.Of(_context, _caller) is not null);
        }

        Assert.Equal(facesClients, _context.Response.Headers.ContainsKey("RateLimit"));
        // How much is worked on at once is bounded in both.
        Assert.NotNull(provider.GetRequiredService<AdmissionLines>().Of("events"));
    }
}
