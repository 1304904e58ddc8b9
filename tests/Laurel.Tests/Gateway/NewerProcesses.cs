using System.Text.Json;
using Laurel.Gateway.Proxying;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Laurel.Platform.Registry;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Gateway;

/// <summary>While one version of Laurel takes another's place, processes hear more from newer ones than they know.</summary>
public sealed class NewerProcesses(ApartLaurel apart) : IClassFixture<ApartLaurel>
{
    private readonly LaurelApp _app = apart.App;

    [Fact]
    public async Task An_older_auth_takes_what_a_newer_process_says_of_itself_and_older_gateways_read_on()
    {
        var newer = _app.Anonymous.As(_app.Services.GetRequiredService<ClusterKey>().Stamp());
        object[] routes = [new { method = "GET", path = "/v1/newer", anyone = true, later = new { why = 1 } }];
        var instance = new { address = "http://127.0.0.1:1", routes, later = true };
        (await newer.Put("/v1/services/events/instances", instance)).Is(200);
        // What a newer auth would have stored.
        await _app.Database.Execute(
            """UPDATE service_instances SET digest = 'newer', said = said || '{"later": true}' WHERE name = 'events' AND address = $1""",
            [instance.address], TestContext.Current.CancellationToken);
        var table = _app.Services.GetRequiredService<ProxyTable>();
        await Eventually.True(() => Task.FromResult(table.Services.SelectMany(service => service.Instances).Any(one => one.Routes is [{ Path: "/v1/newer" }])));
    }

    [Fact]
    public void What_a_newer_auth_tells_is_read_by_an_older_gateway()
    {
        const string told = """{"services": [{"name": "auth", "instances": [{"address": "http://10.0.0.7", "healthPath": "/health", "later": 1}], "later": 1}], "later": 1}""";
        Assert.Equal("http://10.0.0.7", JsonSerializer.Deserialize<RegistrySnapshot>(told, JsonRules.AmongOurselves)!.Services[0].Instances[0].Address);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<RegistrySnapshot>(told, JsonRules.Options));
    }

    [Fact]
    public async Task What_is_wrong_is_told_to_newer_processes_as_to_all()
    {
        var newer = _app.Anonymous.As(_app.Services.GetRequiredService<ClusterKey>().Stamp());
        (await newer.Put("/v1/services/events/instances", new { address = 1 })).Refused(400, "malformed_body").Because("address", "wrong_kind");
    }
}
