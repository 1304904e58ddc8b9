using System.Text.Json.Serialization;
using Laurel.Platform.Access;
using Laurel.Platform.Limits;

namespace Laurel.Platform.Registry;

/// <summary>One route that a service serves, and who may call it, as the service's own endpoint says.</summary>
/// <param name="Method">One HTTP method.</param>
/// <param name="Path">A template: literal segments, `{name}`, `{name:guid}`, and `{**rest}` at the end.</param>
/// <param name="Anyone">No token is needed.</param>
/// <param name="Roles">People with these roles, and ADMIN.</param>
/// <param name="Scopes">Service accounts with one of these scopes.</param>
/// <param name="MaxBodyBytes">How large a body may be; without it, as large as any.</param>
/// <param name="Limit">By which limit requests without a token are counted; without it, by that of an address.</param>
/// <param name="Repeat">When a request that was not answered may be sent again; without it, as its method says.</param>
public sealed record ServiceRoute(
    string Method, string Path, bool Anyone = false, IReadOnlyList<Role>? Roles = null, IReadOnlyList<string>? Scopes = null, long? MaxBodyBytes = null, Repeat? Repeat = null,
    LimitKind? Limit = null)
{
    [JsonIgnore]
    public AccessRule Rule => new(Anyone, [.. Roles ?? []], [.. Scopes ?? []]);
}

/// <summary>One process of a service, and what it serves.</summary>
/// <param name="Address">Where it listens.</param>
/// <param name="HealthPath">What tells whether it can serve.</param>
/// <param name="OpenApiPath">Where its OpenAPI document stands.</param>
/// <param name="IdentityHeaders">Whether it wants to be told by X-User-Id and X-User-Role who calls.</param>
/// <param name="Routes">What it serves; without any: all below its service's prefix, for everybody who is signed in.</param>
public sealed record ServiceInstance(
    string Address, string HealthPath, string? OpenApiPath = null, bool IdentityHeaders = false, IReadOnlyList<ServiceRoute>? Routes = null);

/// <param name="Name">Its name.</param>
/// <param name="Instances">Its processes, those that came last at the end.</param>
/// <param name="Prefix">Below which all that it serves stands; Laurel's own services have none.</param>
/// <param name="Owner">The account that registers its processes; none where their addresses are fixed.</param>
/// <param name="PassesToken">Whether it is given the tokens of who calls, with which it can act as they: for an admin to say, or the settings of a gateway.</param>
/// <param name="Absent">The process that was there last, where it is one of Laurel's own services and none is.</param>
public sealed record RegisteredService(
    string Name, IReadOnlyList<ServiceInstance> Instances, string? Prefix = null, string? Owner = null, bool PassesToken = false, ServiceInstance? Absent = null);

/// <summary>All that a gateway has to know, at one moment.</summary>
public sealed record RegistrySnapshot(IReadOnlyList<RegisteredService> Services)
{
    /// <summary>After so long without a word a process is taken for gone.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    /// <summary>Laurel's own services: only a process of Laurel's may say that it is one.</summary>
    public static readonly IReadOnlyList<string> OwnNames = ["auth", "events"];
}
