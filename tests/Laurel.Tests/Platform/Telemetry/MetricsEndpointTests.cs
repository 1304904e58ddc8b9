using Laurel.Platform.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Laurel.Tests.Platform.Telemetry;

public sealed class MetricsEndpointTests
{
    [Fact]
    public async Task A_real_host_shows_its_own_requests_and_nobody_elses()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var busy = await Start();
        await using var idle = await Start();
        using var client = new HttpClient();
        for (var i = 0; i < 3; i++)
            await client.GetStringAsync(new Uri($"{busy.Urls.First()}/hello/{i}"), cancel);

        using var response = await client.GetAsync(new Uri($"{busy.Urls.First()}/metrics"), cancel);
        var text = await response.Content.ReadAsStringAsync(cancel);
        var other = await client.GetStringAsync(new Uri($"{idle.Urls.First()}/metrics"), cancel);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Contains(text.Split('\n'), line => line.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal)
            && line.Contains("http_route=\"/hello/{name}\"", StringComparison.Ordinal)
            && line.Contains("http_response_status_code=\"200\"", StringComparison.Ordinal)
            && line.EndsWith("} 3", StringComparison.Ordinal));
        Assert.Contains("# TYPE http_server_active_requests gauge\n", text, StringComparison.Ordinal);
        Assert.Contains("kestrel_active_connections{", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE dotnet_gc_heap_total_allocated_bytes_total counter\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("/hello", other, StringComparison.Ordinal);
        AssertWellFormed(text);
    }

    /// <summary>The rules by which Prometheus' own parser refuses a scrape.</summary>
    private static void AssertWellFormed(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var types = new HashSet<string>();
        var samples = new HashSet<string>();
        var family = "";
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                family = line.Split(' ')[2];
                Assert.True(types.Add(family), $"a second TYPE: {line}");
            }
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                Assert.Matches("""^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[n"\\])*",?)+\})? (NaN|[+-]Inf|-?[0-9.]+(E[+-][0-9]+)?)$""", line);
                Assert.StartsWith(family, line, StringComparison.Ordinal);
                Assert.True(samples.Add(line[..line.LastIndexOf(' ')]), $"a second sample: {line}");
            }
        }
        Assert.NotEmpty(samples);
    }

    private static async Task<WebApplication> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddLaurelMetrics();
        var app = builder.Build();
        app.MapMetrics();
        app.MapGet("/hello/{name}", (string name) => name);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
