using System.Net;

namespace Laurel.Events.Deliveries;

/// <summary>Who is asked which addresses a name stands for.</summary>
internal sealed class NameResolver
{
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; set; } = Dns.GetHostAddressesAsync;
}
