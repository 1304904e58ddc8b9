using Laurel.Platform.Http;

namespace Laurel.Gateway;

/// <summary>What the gateway says where a service says nothing.</summary>
public static class GatewayErrors
{
    public static readonly Error BadGateway = new(502, "bad_gateway", "The service behind this could not be reached, or broke off");
    public static readonly Error Timeout = new(504, "gateway_timeout", "The service behind this did not answer in time");
}
