using System.ComponentModel;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Laurel.Auth.Registry;

/// <summary>What a process says of itself.</summary>
public sealed record InstanceRequest(
    string Address, string? Prefix = null, string HealthPath = "/health/ready", string? OpenApiPath = null, bool IdentityHeaders = false, IReadOnlyList<ServiceRoute>? Routes = null);

/// <summary>How long it counts, and how often it should be said again.</summary>
/// <param name="LeaseSeconds">After so long without a word the process is taken out.</param>
/// <param name="RenewAfterSeconds">After so long it should say again that it is there.</param>
/// <param name="IdentityKey">In base64, for whoever wants to be told who calls: with it the gateways sign what they tell. A secret.</param>
public sealed record InstanceLease(int LeaseSeconds, int RenewAfterSeconds, string? IdentityKey = null);

/// <summary>
/// A service that an admin names: who may register its processes, or where they are; and whether it is given the tokens of who calls, with
/// which it can act as they.
/// </summary>
public sealed record NewServiceRequest(
    string Name, string Prefix, ServiceAccountId? Owner = null, IReadOnlyList<string>? Addresses = null, string HealthPath = "/health/ready", string? OpenApiPath = null,
    bool IdentityHeaders = false, IReadOnlyList<ServiceRoute>? Routes = null, bool PassesToken = false);

/// <summary>All services behind the gateway.</summary>
public sealed record ServiceList(IReadOnlyList<RegisteredService> Items);

internal static class ServicesApi
{
    public static void MapServices(this IEndpointRouteBuilder routes)
    {
        var services = routes.MapGroup("/v1/services").WithGroupName("auth").WithTags("services");
        services.MapGet("", List).Allow(Role.Admin).WithSummary("The services behind the gateway, and their processes");
        services.MapPost("", Add)
            .Allow(Role.Admin)
            .WithSummary("Add a service: at fixed addresses, or with an account that may register its processes")
            .Answers(Errors.RuleBroken, AuthErrors.ServiceTaken, AuthErrors.PrefixTaken, AuthErrors.RegistryFull);
        services.MapDelete("/{name}", Remove)
            .Allow(Role.Admin)
            .WithSummary("Remove a service")
            .WithDescription("It gets no more requests, and cannot register again until it is added.")
            .Answers(Errors.NotFound);
        services.MapPut("/{name}/instances", Register)
            .AllowScope(Scopes.ServicesRegister)
            .WithSummary("Say where a process of a service is and what it serves, or that it is still there")
            .WithDescription("Said again before its lease ends; the first who asks for a free name and a free prefix has them.")
            .Answers(Errors.NotFound, Errors.Forbidden, Errors.RuleBroken, AuthErrors.ServiceTaken, AuthErrors.PrefixTaken, AuthErrors.ServiceRemoved, AuthErrors.RegistryFull);
        services.MapDelete("/{name}/instances", Leave)
            .AllowScope(Scopes.ServicesRegister)
            .WithSummary("Say that a process goes")
            .Answers(Errors.NotFound);
        services.MapGet("/registry", Registry)
            .AllowScope(Scopes.ServicesRead)
            .WithSummary("All that a gateway has to know; 304 where its ETag still holds")
            .WithDescription("For Laurel's own gateways.");
    }

    private static async Task<Ok<ServiceList>> List(ServiceStore store, CancellationToken cancellation) =>
        TypedResults.Ok(new ServiceList(await store.All(cancellation)));

    private static async Task<Results<NoContent, Problem>> Remove(string name, Actor actor, ServiceStore store, CancellationToken cancellation) =>
        !RegistrySnapshot.OwnNames.Contains(name) && RouteTable.IsName(name) && await store.Remove(name, actor, cancellation)
            ? TypedResults.NoContent()
            : new Problem(Errors.NotFound);

    private static async Task<Results<Created<RegisteredService>, Problem>> Add(
        Body<NewServiceRequest> body, Actor actor, ServiceStore store, CancellationToken cancellation)
    {
        var wanted = body.Value;
        List<ServiceInstance> instances =
            [.. (wanted.Addresses ?? []).Select(address => new ServiceInstance(address, wanted.HealthPath, wanted.OpenApiPath, wanted.IdentityHeaders, wanted.Routes))];
        List<FieldError?> broken = [CheckName(wanted.Name), ServiceRules.CheckPrefix(wanted.Prefix), .. instances.SelectMany(instance => ServiceRules.Check(instance, wanted.Prefix))];
        if (wanted.Addresses is { } addresses && (addresses.Count is 0 or > 50 || addresses.Distinct(StringComparer.OrdinalIgnoreCase).Count() < addresses.Count))
            broken.Add(new FieldError("addresses", "count", "Give 1 to 50 different addresses, or none and an owner."));
        if (wanted.Addresses is null == wanted.Owner is null)
            broken.Add(new FieldError("$", "owner_or_addresses", "Give either its addresses or the service account that registers them."));
        if (broken.OfType<FieldError>().ToList() is { Count: > 0 } errors)
            return Problem.Rules(errors);

        var service = new RegisteredService(wanted.Name, instances, wanted.Prefix, wanted.Owner?.ToString(), wanted.PassesToken);
        var added = await store.Add(service, wanted.Prefix, actor, cancellation);
        return added == Registering.Done
            ? TypedResults.Created($"/v1/services/{wanted.Name}", service)
            : Refused(added);
    }

    private static async Task<Results<Ok<InstanceLease>, Problem>> Register(
        string name, ToldBody<InstanceRequest> body, Caller caller, Actor actor, ServiceStore store, ClusterKey cluster, CancellationToken cancellation)
    {
        if (!RouteTable.IsName(name))
            return new Problem(Errors.NotFound);
        var isOwn = RegistrySnapshot.OwnNames.Contains(name);
        if (isOwn != (caller.Subject == ClusterKey.Subject))
            return new Problem(Errors.Forbidden);

        var said = body.Value;
        var prefix = isOwn ? null : said.Prefix;
        var instance = new ServiceInstance(said.Address, said.HealthPath, said.OpenApiPath, said.IdentityHeaders, said.Routes);
        List<FieldError?> broken = [.. ServiceRules.Check(instance, prefix)];
        if (!isOwn)
            broken.Add(prefix is null ? new FieldError("prefix", "missing_field", "Give the prefix below which this service stands.") : ServiceRules.CheckPrefix(prefix));
        if (broken.OfType<FieldError>().ToList() is { Count: > 0 } errors)
            return Problem.Rules(errors);

        var registered = await store.Register(name, prefix, instance, caller.Subject, actor, cancellation);
        return registered == Registering.Done
            ? TypedResults.Ok(new InstanceLease(
                (int)RegistrySnapshot.Lease.TotalSeconds,
                (int)RegistrySnapshot.Lease.TotalSeconds / 3,
                said.IdentityHeaders ? Convert.ToBase64String(cluster.KeyOf(name, caller.Subject)) : null))
            : Refused(registered);
    }

    private static async Task<Results<NoContent, Problem>> Leave(
        string name, [Description("Which process.")] string address, Caller caller, Actor actor, ServiceStore store, CancellationToken cancellation) =>
        await store.Leave(name, address, caller.Subject, actor, cancellation) ? TypedResults.NoContent() : new Problem(Errors.NotFound);

    private static async Task<Results<Ok<RegistrySnapshot>, StatusCodeHttpResult>> Registry(
        HttpContext context, ServiceStore store, CancellationToken cancellation)
    {
        var tag = $"\"{await store.Tag(cancellation)}\"";
        if (context.Request.Headers.IfNoneMatch == tag)
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        // Read after the tag: what is newer than it is asked for once more.
        var services = await store.All(cancellation);
        context.Response.Headers[HeaderNames.ETag] = tag;
        return TypedResults.Ok(new RegistrySnapshot(services));
    }

    private static FieldError? CheckName(string name) => !RouteTable.IsName(name) || RegistrySnapshot.OwnNames.Contains(name)
        ? new FieldError("name", "invalid_name", "A name has 2 to 40 letters a to z, digits and hyphens, begins with a letter, and is none of Laurel's own services.")
        : null;

    private static Problem Refused(Registering why) => why switch
    {
        Registering.Tangled => Problem.Rules([ServiceRules.Tangled]),
        Registering.PrefixTaken => AuthErrors.PrefixTaken,
        Registering.Removed => AuthErrors.ServiceRemoved,
        Registering.Full => AuthErrors.RegistryFull,
        _ => AuthErrors.ServiceTaken,
    };
}
