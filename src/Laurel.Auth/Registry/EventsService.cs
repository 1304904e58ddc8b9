using Laurel.Platform.Access;
using Microsoft.AspNetCore.Hosting.Server;

namespace Laurel.Auth.Registry;

/// <summary>Where the events service is reached: where the configuration says; else where its processes say that they are; else in this process.</summary>
internal sealed class EventsService(AuthOptions options, ServiceStore services, IServer server)
{
    private int _turn;

    /// <summary>Of several another one each time, so that one which fails does not fail whoever tries again.</summary>
    public async Task<Uri> Address(CancellationToken cancellation)
    {
        if (options.EventsUrl is { } configured)
            return configured;
        var instances = (await services.All(cancellation)).Find(service => service.Name == "events")?.Instances ?? [];
        return instances.Count == 0 ? OwnAddress.Of(server) : new Uri(instances[(int)((uint)Interlocked.Increment(ref _turn) % instances.Count)].Address);
    }
}
