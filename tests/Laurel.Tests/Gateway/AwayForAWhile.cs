using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Gateway;

/// <summary>One of Laurel's own services that nobody has heard of for longer than a lease lasts.</summary>
public sealed class AwayForAWhile(ApartLaurel apart) : IClassFixture<ApartLaurel>
{
    private readonly LaurelApp _app = apart.App;

    [Fact]
    public async Task Its_routes_say_that_it_is_away_and_never_that_they_are_none()
    {
        var @operator = _app.Somebody(Role.Operator);
        (await @operator.Get("/v1/rewards")).Is(200);
        await _app.Database.Execute("UPDATE service_instances SET expires_at = now() - interval '59 minutes' WHERE name = 'events'", [], TestContext.Current.CancellationToken);

        var seen = new HashSet<int>();
        await Eventually.True(async () =>
        {
            seen.Add((await @operator.Get("/v1/rewards")).Status);
            return seen.Contains(503);
        });
        (await _app.Anonymous.Get("/v1/rewards")).Is(401);
        // Its processes are there all the while, and say so again.
        await Eventually.True(async () =>
        {
            var status = (await @operator.Get("/v1/rewards")).Status;
            seen.Add(status);
            return status == 200;
        });
        Assert.Equal([200, 503], seen.Order());
    }
}
