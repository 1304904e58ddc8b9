using Laurel.Auth.Registry;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Platform.Registry;
using Laurel.Tests.Support;

namespace Laurel.Tests.Gateway;

/// <summary>One account cannot take so much of the registry that gateways could not read it, or that others could not register.</summary>
public sealed class RoomInTheRegistry(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_has_so_many_processes_and_one_that_goes_makes_room()
    {
        var (account, name) = (Account(), NewName());
        foreach (var i in Enumerable.Range(0, RegistryRoom.MaxProcesses))
            (await Registers(account, name, i)).Is(200);
        (await Registers(account, name, 50)).Refused(409, "registry_full");
        (await Registers(account, name, 7)).Is(200);
        (await Registers(account, name, 7, [Route(name, "/new")])).Is(200);

        (await account.Delete($"/v1/services/{name}/instances?address={Uri.EscapeDataString(Address(7))}")).Is(204);
        (await Registers(account, name, 50)).Is(200);
        Assert.Equal(RegistryRoom.MaxProcesses, (await app.Database.Query("SELECT 1 FROM service_instances WHERE name = $1", row => row.GetInt32(0), [name], Cancellation)).Count);
    }

    [Fact]
    public async Task An_account_has_so_many_services_until_an_admin_removes_one()
    {
        var (account, first) = (Account(), NewName());
        (await Registers(account, first, 1)).Is(200);
        for (var i = 1; i < RegistryRoom.MaxServices; i++)
            (await Registers(account, NewName(), 1)).Is(200);
        (await Registers(account, NewName(), 1)).Refused(409, "registry_full");
        (await Registers(account, first, 2)).Is(200);
        (await Registers(Account(), NewName(), 1)).Is(200);
        (await app.Somebody(Role.Admin).Delete($"/v1/services/{first}")).Is(204);
        (await Registers(account, NewName(), 1)).Is(200);
    }

    [Fact]
    public async Task What_it_says_is_bounded_of_one_account_and_of_all()
    {
        var (account, name) = (Account(), NewName());
        var scopes = Enumerable.Range(0, RouteTable.MaxScopes).Select(i => $"{i}".PadLeft(100, 's')).ToArray();
        var large = Enumerable.Range(0, 300).Select(i => new ServiceRoute("GET", $"/{name}/{i}", Scopes: scopes)).ToArray();
        (await Registers(account, name, 0, large)).Is(200);
        var told = 1;
        while ((await Registers(account, name, told, large)).Status == 200)
            told++;
        Assert.InRange(told, 4, 8);
        (await Registers(account, name, told, large)).Refused(409, "registry_full");
        (await Registers(account, name, 0, large)).Is(200);

        var (others, another) = (Account(), NewName());
        (await Registers(others, another, 1)).Is(200);
        // As many bytes as some accounts together could have.
        await app.Database.Execute("UPDATE service_instances SET bytes = $2 WHERE name = $1", [another, RegistryRoom.MaxBytesOfAll], Cancellation);
        (await Registers(Account(), NewName(), 1)).Refused(409, "registry_full");
        (await app.Somebody(Role.Admin).Post("/v1/services", new { name = NewName(), prefix = $"/{NewName()}", addresses = new[] { Address(1) } })).Refused(409, "registry_full");
        (await Registers(others, another, 1)).Is(200);
        (await app.Somebody(Role.Admin).Delete($"/v1/services/{another}")).Is(204);
        (await Registers(Account(), NewName(), 1)).Is(200);
    }

    /// <summary>Each process alone says little.</summary>
    [Fact]
    public async Task Routes_of_several_processes_are_looked_at_together()
    {
        var (account, name) = (Account(), NewName());
        var tangled = Enumerable.Range(0, 20).Select(at => Route(name, string.Concat(Enumerable.Range(0, 20).Select(i => i == at ? "/a" : $"/{{p{i}}}")))).ToArray();
        (await Registers(account, name, 1, tangled[..8])).Is(200);
        (await Registers(account, name, 2, tangled[4..8])).Is(200);
        (await Registers(account, name, 2, tangled[8..16])).Refused(422, "rule_broken").Because("routes", "tangled_routes");
        (await Registers(account, name, 1, tangled[8..16])).Refused(422, "rule_broken").Because("routes", "tangled_routes");
    }

    [Fact]
    public async Task A_route_says_no_more_than_there_is_to_say()
    {
        var (account, name) = (Account(), NewName());
        ServiceRoute[] tooMuch =
        [
            Route(name, $"/{new string('a', RouteTable.MaxPath)}"),
            Route(name, "/a") with { Scopes = [new string('s', 101)] },
            Route(name, "/a") with { Scopes = [.. Enumerable.Range(0, RouteTable.MaxScopes + 1).Select(i => $"s{i}")] },
            Route(name, "/a") with { Roles = [Role.User, Role.User] },
        ];
        foreach (var route in tooMuch)
            (await Registers(account, name, 1, [route])).Refused(422, "rule_broken").Because("routes[0]", "invalid_route");
    }

    private static ServiceRoute Route(string name, string below) => new("GET", $"/{name}{below}");

    private static string Address(int process) => $"http://10.0.1.{process}:5000";

    private static string NewName() => $"s{Playing.NewPerson():N}";

    private Api Account() => app.Anonymous.As(app.ServiceToken(Scopes.ServicesRegister));

    private static Task<Answer> Registers(Api account, string name, int process, ServiceRoute[]? routes = null) =>
        account.Put($"/v1/services/{name}/instances", new { address = Address(process), prefix = $"/{name}", routes });
}
