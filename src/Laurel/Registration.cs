using System.Net.Http.Headers;
using Laurel.Platform;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Registry;
using Microsoft.AspNetCore.Hosting.Server;

namespace Laurel;

/// <summary>
/// Tells auth, for the gateways, where this process is and what it serves: again and again while it runs, and at its end that it goes.
/// </summary>
internal sealed class Registration(
    Settings settings, AuthAddress auth, ClusterKey cluster, EndpointDataSource endpoints, IServer server, Draining draining, IHostApplicationLifetime lifetime,
    ILogger<Registration> log)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan SoonAgain = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, draining.Begun);
        await KeepSaying(leaving.Token);
        if (draining.HasBegun)
            await Leave(stoppingToken);
    }

    private async Task KeepSaying(CancellationToken stoppingToken)
    {
        try
        {
            if (!await lifetime.HasStarted(stoppingToken))
                return;
            var failing = false;
            while (true)
            {
                try
                {
                    foreach (var service in settings.OwnServices)
                        await Say(service, stoppingToken);
                    if (failing)
                        log.LogInformation("The gateways are told again where this process is");
                    failing = false;
                }
                catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !stoppingToken.IsCancellationRequested)
                {
                    if (!failing)
                        log.LogWarning(exception, "The gateways cannot be told where this process is; it is tried again");
                    failing = true;
                }

                await Task.Delay(failing ? SoonAgain : Interval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // It ends.
        }
    }

    /// <summary>The gateways learn of it within a second; when they cannot be told, they find out by themselves.</summary>
    private async Task Leave(CancellationToken cancellation)
    {
        try
        {
            foreach (var service in settings.OwnServices)
            {
                using var request = new HttpRequestMessage(HttpMethod.Delete, auth.Uri($"/v1/services/{service}/instances?address={Uri.EscapeDataString(Address)}"));
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", cluster.Stamp());
                using var response = await auth.Client.SendAsync(request, cancellation);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            log.LogInformation("The gateways could not be told that this process goes");
        }
    }

    private string Address => (settings.AdvertiseUrl ?? OwnAddress.Of(server)).GetLeftPart(UriPartial.Authority);

    private async Task Say(string service, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, auth.Uri($"/v1/services/{service}/instances"))
        {
            Content = JsonContent.Create(
                new { Address, HealthPath = "/health/ready", OpenApiPath = $"/openapi/{service}.json", Routes = RouteTable.Of(endpoints, service) },
                options: JsonRules.Options),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", cluster.Stamp());
        using var response = await auth.Client.SendAsync(request, cancellation);
        if (!response.IsSuccessStatusCode)
            throw new HttpRequestException($"Auth answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellation)}");
    }
}
