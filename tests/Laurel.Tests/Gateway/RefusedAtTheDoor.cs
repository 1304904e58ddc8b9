using System.Text;
using Laurel.Platform.Access;
using Laurel.Tests.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Gateway;

/// <summary>The role matrix once more, where the roles are apart: the gateway refuses early, and the services refuse whoever goes around it.</summary>
public sealed class RefusedAtTheDoor(ApartLaurel apart) : IClassFixture<ApartLaurel>
{
    private readonly LaurelApp _app = apart.App;

    [Fact]
    public async Task The_gateway_refuses_whom_the_service_would_refuse_and_the_service_never_sees_it()
    {
        using var servers = new Servers();
        var endpoints = Matrix.Endpoints(_app).Where(endpoint => endpoint.Service is "auth" or "events").ToList();
        Assert.Contains(endpoints, endpoint => endpoint.Service == "auth");
        Assert.Contains(endpoints, endpoint => endpoint.Service == "events");
        var differing = new List<string>();
        foreach (var endpoint in endpoints)
        {
            var direct = apart.Directly(endpoint.Service!);
            using var connection = direct.Http;
            // To some an answer is the end of their session, so those who go around are others.
            foreach (var (through, around) in (await Matrix.Everybody(_app)).Zip(await Matrix.Everybody(_app)))
            {
                var cell = await Matrix.Cell(_app.Anonymous.As(through), endpoint, servers.Watch(out var trace));
                var atService = await Matrix.Cell(direct.As(around), endpoint);
                var isPassedOn = servers.Of(trace) > 1;
                if (cell != atService || isPassedOn != (cell == "✓"))
                    differing.Add($"{endpoint}: {cell} through the gateway{(isPassedOn ? ", passed on" : "")}, {atService} at the service");
            }
        }

        Assert.Empty(differing);
    }

    [Theory]
    [InlineData("auth", "/v1/me")]
    [InlineData("events", "/v1/me/progress")]
    public async Task Whoever_goes_around_the_gateway_and_says_who_they_are_is_nobody(string service, string path)
    {
        var direct = apart.Directly(service);
        using var connection = direct.Http;
        foreach (var name in new[] { "X-User-Id", "x_user_id", "X-Forwarded-User", "X-User-Role" })
            (await direct.Send(HttpMethod.Get, path, null, (name, $"{Playing.NewPerson()}"), ("X-User-Role", "ADMIN"))).Refused(401, "unauthenticated");
        (await _app.Anonymous.Send(HttpMethod.Get, path, null, ("X-User-Id", $"{Playing.NewPerson()}"), ("X-User-Role", "ADMIN"))).Refused(401, "unauthenticated");
    }

    [Fact]
    public async Task A_body_that_nobody_can_read_is_refused_by_whom_it_is_for() =>
        (await _app.GameServer().Send(HttpMethod.Post, "/v1/activities", new StringContent("""{"\udc00":1}""", Encoding.UTF8, "application/json"))).Refused(400, "malformed_body");

    [Fact]
    public async Task One_trace_holds_through_the_gateway_and_the_service_and_stands_in_the_refusal()
    {
        using var servers = new Servers();
        var atTheDoor = await _app.Anonymous.Send(HttpMethod.Get, "/v1/rewards", null, servers.Watch(out var early));
        var behind = await _app.Somebody(Role.Operator).Send(HttpMethod.Get, "/v1/rewards?none=1", null, servers.Watch(out var late));

        Assert.Equal(early.ToString(), atTheDoor.Refused(401, "unauthenticated").Field("traceId"));
        Assert.Equal(1, servers.Of(early));
        Assert.Equal(late.ToString(), behind.Refused(400, "bad_query").Field("traceId"));
        Assert.Equal(2, servers.Of(late));
    }
}
