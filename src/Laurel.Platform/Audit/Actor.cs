using System.Diagnostics;
using System.Net;
using System.Reflection;
using Laurel.Platform.Access;
using Microsoft.AspNetCore.Http;

namespace Laurel.Platform.Audit;

public enum ActorKind
{
    Person,
    Service,

    /// <summary>Laurel itself, or whoever runs its commands on the machine.</summary>
    Laurel,
}

/// <summary>
/// Who changes something, and from where, as the audit trail tells it. A handler that takes it as a parameter gets the one who calls.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">The account's, or the service account's.</param>
/// <param name="Role">A person's.</param>
/// <param name="Address">Where the request came from.</param>
/// <param name="TraceId">Under which the logs tell the same request.</param>
public sealed record Actor(ActorKind Kind, string Id, Role? Role = null, string? Address = null, string? TraceId = null)
{
    /// <summary>What happens because its time has come.</summary>
    public static readonly Actor Laurel = new(ActorKind.Laurel, "laurel");

    /// <summary>Whoever may run commands beside the database.</summary>
    public static readonly Actor CommandLine = new(ActorKind.Laurel, "command-line");

    public static async ValueTask<Actor?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        Of((await Caller.BindAsync(context, parameter))!, context);

    public static Actor Of(Caller caller, HttpContext context) => new(
        caller.Role is null ? ActorKind.Service : ActorKind.Person,
        caller.Subject,
        caller.Role,
        AddressOf(context.Connection.RemoteIpAddress),
        Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier);

    private static string? AddressOf(IPAddress? address) => (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();
}
