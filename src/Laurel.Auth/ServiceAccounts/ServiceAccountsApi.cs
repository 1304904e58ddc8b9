using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Auth.ServiceAccounts;

public sealed record NewServiceAccountRequest(string Name, IReadOnlyList<string> Scopes);

public sealed record ServiceAccountChangeRequest(bool? Active = null, IReadOnlyList<string>? Scopes = null);

/// <summary>The one answer that holds a secret.</summary>
public sealed record ServiceAccountSecret(ServiceAccountId ClientId, string ClientSecret, string Name, IReadOnlyList<string> Scopes);

internal static class ServiceAccountsApi
{
    public static void MapServiceAccounts(this IEndpointRouteBuilder routes)
    {
        var accounts = routes.MapGroup("/v1/service-accounts").WithGroupName("auth").WithTags("service accounts").Allow(Role.Admin);

        accounts.MapPost("", Add)
            .WithSummary("Make a service account")
            .WithDescription("The secret is shown this once.")
            .Answers(Errors.RuleBroken, AuthErrors.NameTaken);
        accounts.MapGet("", List).WithSummary("All service accounts, newest first");
        accounts.MapGet("/{id:guid}", Show).WithSummary("One service account");
        accounts.MapPatch("/{id:guid}", Change)
            .WithSummary("Switch a service account off or on, or change its scopes")
            .WithDescription("Its tokens end; it asks for new ones.")
            .Answers(Errors.RuleBroken);
        accounts.MapPost("/{id:guid}/secret", RotateSecret)
            .WithSummary("Give a service account another secret")
            .WithDescription("The old one and its tokens end at once. The new one is shown this once.");
    }

    private static async Task<Results<Created<ServiceAccountSecret>, Problem>> Add(
        Body<NewServiceAccountRequest> body, Actor actor, HttpResponse response, ServiceAccountStore store, CancellationToken cancellation)
    {
        var (name, scopes) = body.Value;
        List<FieldError?> found = [TextRules.Name("name", name, maxLength: 60), Unknown(scopes)];
        if (found.OfType<FieldError>().ToList() is { Count: > 0 } broken)
            return Problem.Rules(broken);

        var secret = ServiceAccountStore.NewSecret();
        if (await store.Add(name, [.. scopes.Distinct()], secret, actor, cancellation) is not { } account)
            return new Problem(AuthErrors.NameTaken);

        response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/v1/service-accounts/{account.ClientId}", Secret(account, secret));
    }

    private static async Task<Ok<Page<ServiceAccount>>> List(
        [AsParameters] PageQuery page, ServiceAccountStore store, Cursors cursors, CancellationToken cancellation)
    {
        var rows = await store.List(cursors.Read<Guid?>("service-accounts", page), page.Size + 1, cancellation);
        return TypedResults.Ok(cursors.Page("service-accounts", page, rows, account => account.ClientId.Value));
    }

    private static async Task<Results<Ok<ServiceAccount>, Problem>> Show(Guid id, ServiceAccountStore store, CancellationToken cancellation) =>
        await store.Find(new ServiceAccountId(id), cancellation) is { } account ? TypedResults.Ok(account) : new Problem(Errors.NotFound);

    private static async Task<Results<Ok<ServiceAccount>, Problem>> Change(
        Guid id, Body<ServiceAccountChangeRequest> body, Actor actor, ServiceAccountStore store, CancellationToken cancellation)
    {
        var (active, scopes) = body.Value;
        if (active is null && scopes is null)
            return Problem.Rules([new FieldError("$", "nothing_to_change", "Give scopes, or whether the account is active.")]);
        if (scopes is not null && Unknown(scopes) is { } broken)
            return Problem.Rules([broken]);

        return await store.Change(new ServiceAccountId(id), active, scopes?.Distinct().ToList(), actor, cancellation) is { } account
            ? TypedResults.Ok(account)
            : new Problem(Errors.NotFound);
    }

    private static async Task<Results<Ok<ServiceAccountSecret>, Problem>> RotateSecret(
        Guid id, Actor actor, HttpResponse response, ServiceAccountStore store, CancellationToken cancellation)
    {
        var secret = ServiceAccountStore.NewSecret();
        if (await store.RotateSecret(new ServiceAccountId(id), secret, actor, cancellation) is not { } account)
            return new Problem(Errors.NotFound);

        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(Secret(account, secret));
    }

    private static FieldError? Unknown(IReadOnlyList<string> scopes) => scopes.Count == 0 || scopes.Except(Scopes.All).Any()
        ? new FieldError("scopes", "unknown_scope", $"Give at least one of: {string.Join(", ", Scopes.All)}.")
        : null;

    private static ServiceAccountSecret Secret(ServiceAccount account, string secret) => new(account.ClientId, secret, account.Name, account.Scopes);
}
