using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Gateway;

/// <summary>Services of a company's own behind the gateway: who may come, who passes, and what they are told of who calls.</summary>
public sealed class RegisteringServices(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Api Admin => app.Somebody(Role.Admin);

    [Fact]
    public async Task A_service_that_registers_is_reached_and_told_who_calls()
    {
        await using var behind = await Behind.Start();
        var (name, prefix) = NewService();
        await Registers(Account(), name, new { behind.Address, prefix, identityHeaders = true });
        var player = Playing.NewPerson();
        await IsReached(prefix, app.Me(player));

        using var request = new HttpRequestMessage(HttpMethod.Get, $"{prefix}/top?of=week");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {app.PersonToken(player)}");
        foreach (var forged in new[] { "X-User-Id", "x_user_id", "X-USER-ROLE", "X.User.Id", "x--user--role", "X-User-Signature" })
            request.Headers.TryAddWithoutValidation(forged, "ADMIN");
        request.Headers.TryAddWithoutValidation("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var http = new HttpClient { BaseAddress = app.Address };
        using var response = await http.SendAsync(request, Cancellation);
        Assert.Equal("hello", await response.Content.ReadAsStringAsync(Cancellation));

        var seen = behind.Asked.Last();
        Assert.Equal($"{player}", seen["X-User-Id"]);
        Assert.Equal("USER", seen["X-User-Role"]);
        Assert.DoesNotContain("ADMIN", seen.Values);
        Assert.False(seen.ContainsKey("Authorization"));
        Assert.Contains("0af7651916cd43dd8448eb211c80319c", seen["traceparent"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_own_statement_of_who_may_call_is_enforced_before_anything_reaches_it()
    {
        await using var behind = await Behind.Start();
        var (name, prefix) = NewService();
        object[] routes =
        [
            new { method = "GET", path = $"{prefix}/open", anyone = true },
            new { method = "POST", path = $"{prefix}/scores/{{id:guid}}", roles = new[] { "OPERATOR" } },
            new { method = "PUT", path = $"{prefix}/scores", scopes = new[] { "scores:write" } },
        ];
        await Registers(Account(), name, new { behind.Address, prefix, routes, identityHeaders = true });
        await Eventually.True(async () => (await Raw(HttpMethod.Get, $"{prefix}/open")).Status == 200);

        var score = $"{prefix}/scores/{Playing.NewPerson()}";
        Assert.Equal(401, (await Raw(HttpMethod.Post, score)).Status);
        Assert.Equal(403, (await Raw(HttpMethod.Post, score, app.PersonToken(Playing.NewPerson()))).Status);
        Assert.Equal(200, (await Raw(HttpMethod.Post, score, app.PersonToken(Playing.NewPerson(), Role.Operator))).Status);
        Assert.Equal(403, (await Raw(HttpMethod.Put, $"{prefix}/scores", app.ServiceToken(Scopes.PointsWrite))).Status);
        Assert.Equal(200, (await Raw(HttpMethod.Put, $"{prefix}/scores", app.ServiceToken("scores:write"))).Status);
        Assert.Equal(404, (await Raw(HttpMethod.Get, $"{prefix}/else", app.PersonToken(Playing.NewPerson(), Role.Admin))).Status);
        Assert.Equal(404, (await Raw(HttpMethod.Post, $"{prefix}/scores/none", app.PersonToken(Playing.NewPerson(), Role.Operator))).Status);
        Assert.Equal(405, (await Raw(HttpMethod.Delete, $"{prefix}/open")).Status);
        // Nothing that was refused has come to it: besides the two that passed there were only those to the open one.
        Assert.Equal(2, behind.Asked.Count(asked => asked.ContainsKey("X-User-Id")));
    }

    /// <summary>Two versions of a service, while one takes the other's place.</summary>
    [Fact]
    public async Task Processes_that_call_a_part_of_a_path_otherwise_are_of_one_mind()
    {
        await using var older = await Behind.Start();
        await using var newer = await Behind.Start();
        var (name, prefix) = NewService();
        var account = Account();
        await Registers(account, name, new { older.Address, prefix, routes = Routes("{id}", "Top", Role.User) });
        await Registers(account, name, new { newer.Address, prefix, routes = Routes("{player}", "top", Role.Operator) });
        // What was said last holds.
        await Eventually.True(async () => (await Raw(HttpMethod.Get, $"{prefix}/17", app.PersonToken(Playing.NewPerson(), Role.Operator))).Status == 200);
        (await Raw(HttpMethod.Get, $"{prefix}/17", app.PersonToken(Playing.NewPerson()))).Refused(403, "forbidden");
        (await Raw(HttpMethod.Get, $"{prefix}/top", app.PersonToken(Playing.NewPerson(), Role.Operator))).Is(200);
        (await Raw(HttpMethod.Get, $"{prefix}/17/rest/of/it", app.PersonToken(Playing.NewPerson(), Role.Operator))).Is(200);

        object[] Routes(string player, string top, Role role) =>
        [
            new { method = "GET", path = $"{prefix}/{player}", roles = new[] { role } },
            new { method = "GET", path = $"{prefix}/{top}", roles = new[] { role } },
            new { method = "GET", path = $"{prefix}/{{**rest}}", roles = new[] { role } },
        ];
    }

    [Fact]
    public async Task Nobody_takes_what_is_anothers()
    {
        var (name, prefix) = NewService();
        var mine = Account();
        await Registers(mine, name, new { address = "http://10.0.0.7:5000", prefix });
        await Registers(mine, name, new { address = "http://10.0.0.8:5000", prefix });

        (await Account().Put($"/v1/services/{name}/instances", new { address = "http://10.0.0.9:5000", prefix })).Refused(409, "service_taken");
        foreach (var overlapping in new[] { prefix, $"{prefix}/below" })
            (await Account().Put($"/v1/services/{NewService().Name}/instances", new { address = "http://10.0.0.9:5000", prefix = overlapping })).Refused(409, "prefix_taken");
        (await Account().Put("/v1/services/events/instances", new { address = "http://10.0.0.9:5000", prefix })).Refused(403, "forbidden");
        (await app.Anonymous.As("wrong").Put($"/v1/services/{name}/instances", new { address = "http://10.0.0.9:5000", prefix })).Refused(401, "invalid_token");
        (await app.Anonymous.As("laurel-cluster.1.abc").Put("/v1/services/events/instances", new { address = "http://10.0.0.9:5000" })).Refused(401, "invalid_token");
        (await app.GameServer().Put($"/v1/services/{name}/instances", new { address = "http://10.0.0.9:5000", prefix })).Refused(403, "forbidden");
        (await Account().Delete($"/v1/services/{name}/instances?address={Uri.EscapeDataString("http://10.0.0.7:5000")}")).Refused(404, "not_found");

        (await Admin.Delete($"/v1/services/{name}")).Is(204);
        (await mine.Put($"/v1/services/{name}/instances", new { address = "http://10.0.0.7:5000", prefix })).Refused(409, "service_removed");
        (await Admin.Post("/v1/services", new { name, prefix, addresses = new[] { "http://10.0.0.7:5000" } })).Is(201);
        Assert.Contains((await Admin.Get("/v1/services")).Is(200).Json["items"]!.AsArray(), service => (string)service!["name"]! == name);
        (await Admin.Post("/v1/services", new { name, prefix, addresses = new[] { "http://10.0.0.7:5000" } })).Refused(409, "service_taken");
    }

    [Theory]
    [InlineData("http://169.254.169.254", "/one", "invalid_address")]
    [InlineData("http://2852039166", "/one", "invalid_address")]
    [InlineData("http://[::ffff:169.254.169.254]:80", "/one", "invalid_address")]
    [InlineData("http://[fe80::1]", "/one", "invalid_address")]
    [InlineData("http://168.63.129.16", "/one", "invalid_address")]
    [InlineData("http://[::ffff:168.63.129.16]", "/one", "invalid_address")]
    [InlineData("http://[fd00:ec2::254]", "/one", "invalid_address")]
    [InlineData("http://[fd20:ce::254]", "/one", "invalid_address")]
    [InlineData("http://[fd00:42::42]", "/one", "invalid_address")]
    [InlineData("http://0.0.0.0:80", "/one", "invalid_address")]
    [InlineData("http://user@10.0.0.7", "/one", "invalid_address")]
    [InlineData("http://10.0.0.7/path", "/one", "invalid_address")]
    [InlineData("ftp://10.0.0.7", "/one", "invalid_address")]
    [InlineData("nonsense", "/one", "invalid_address")]
    [InlineData("http://10.0.0.7", "/v1/events", "reserved_prefix")]
    [InlineData("http://10.0.0.7", "/health", "reserved_prefix")]
    [InlineData("http://10.0.0.7", "/", "invalid_prefix")]
    [InlineData("http://10.0.0.7", "/Upper", "invalid_prefix")]
    [InlineData("http://10.0.0.7", "/a/../v1", "invalid_prefix")]
    [InlineData("http://10.0.0.7", "/{**all}", "invalid_prefix")]
    [InlineData("http://10.0.0.7", "/line\n", "invalid_prefix")]
    public async Task What_cannot_be_a_service_is_refused(string address, string prefix, string code) =>
        (await Account().Put($"/v1/services/{NewService().Name}/instances", new { address, prefix })).Refused(422, "rule_broken").Because(code == "invalid_address" ? "address" : "prefix", code);

    [Theory]
    [InlineData("GET", "/elsewhere")]
    [InlineData("GET", "{0}/{{id:nonsense}}")]
    [InlineData("GET", "{0}/{{**rest}}/more")]
    [InlineData("GET", "{0}/{{id}}/{{id}}")]
    [InlineData("TRACE", "{0}/x")]
    [InlineData("GET", "{0}/x\n")]
    [InlineData("GET", "{0}/{{id}}/{{**ID}}")]
    public async Task A_route_that_cannot_be_passed_on_is_refused(string method, string path)
    {
        var (name, prefix) = NewService();
        object[] routes = [new { method, path = string.Format(path, prefix) }];
        (await Account().Put($"/v1/services/{name}/instances", new { address = "http://10.0.0.7", prefix, routes })).Refused(422, "rule_broken").Because("routes[0]", "invalid_route");
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_said_to_be_unavailable_at_once_and_harms_no_other()
    {
        string address;
        await using (var gone = await Behind.Start())
            address = gone.Address;
        var (name, prefix) = NewService();
        await Registers(Account(), name, new { address, prefix });
        await Eventually.True(async () => (await Raw(HttpMethod.Get, prefix, app.PersonToken(Playing.NewPerson()))).Status == 503);
        var answer = await Raw(HttpMethod.Get, prefix, app.PersonToken(Playing.NewPerson()));
        Assert.Equal((503, "unavailable"), (answer.Status, answer.Code));
        Assert.NotNull(answer.Headers.RetryAfter);
        (await app.Somebody(Role.Operator).Get("/v1/rewards")).Is(200);
    }

    /// <summary>Else all that is there would be said to be nowhere, until each process has said again that it is.</summary>
    [Fact]
    public async Task Who_could_not_renew_while_the_registry_was_away_is_still_there_when_it_is_back()
    {
        await using var behind = await Behind.Start();
        var ((name, prefix), account) = (NewService(), Account());
        await Registers(account, name, new { behind.Address, prefix });
        await IsReached(prefix, app.Me(Playing.NewPerson()));
        // To the gateway it is as if it had heard nothing for a while; the leases have run out meanwhile.
        app.Clock.Advance(TimeSpan.FromSeconds(30));
        await app.Database.Execute("UPDATE service_instances SET expires_at = now() WHERE name = $1", [name], Cancellation);

        // What registers afterwards is known afterwards.
        await IsReached(await Another(), app.Me(Playing.NewPerson()));
        (await Raw(HttpMethod.Get, prefix, app.PersonToken(Playing.NewPerson()))).Is(200);
        // It has had the time of a lease to say that it is there, and has not.
        await Eventually.True(async () => (await Raw(HttpMethod.Get, prefix, app.PersonToken(Playing.NewPerson()))).Status == 404, TimeSpan.FromMinutes(1));

        async Task<string> Another()
        {
            var another = NewService();
            await Registers(Account(), another.Name, new { behind.Address, another.Prefix });
            return another.Prefix;
        }
    }

    private static (string Name, string Prefix) NewService()
    {
        var name = $"s{Playing.NewPerson():N}";
        return (name, $"/{name}");
    }

    private Api Account() => app.Anonymous.As(app.ServiceToken(Scopes.ServicesRegister));

    private static async Task Registers(Api account, string name, object instance) => (await account.Put($"/v1/services/{name}/instances", instance)).Is(200);

    private async Task IsReached(string prefix, Api caller) => await Eventually.True(async () => (await Raw(HttpMethod.Get, prefix, caller.Token)).Status == 200);

    /// <summary>By a client that does not know Laurel's documents: these routes stand in none of them.</summary>
    private async Task<Answer> Raw(HttpMethod method, string path, string? token = null)
    {
        using var http = new HttpClient { BaseAddress = app.Address };
        return await new Api(http, token).Send(method, path);
    }
}
