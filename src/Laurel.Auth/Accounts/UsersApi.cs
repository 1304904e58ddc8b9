using System.ComponentModel;
using Laurel.Auth.Logins;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Auth.Accounts;

public sealed record UserChangeRequest(Role? Role = null, bool? Active = null);

internal static class UsersApi
{
    public static void MapUsers(this IEndpointRouteBuilder routes)
    {
        var users = routes.MapGroup("/v1/users").WithGroupName("auth").WithTags("users").Allow(Role.Admin);

        users.MapGet("", List).WithSummary("All accounts, newest first");
        users.MapGet("/{id:guid}", Show).WithSummary("One account");
        users.MapPatch("/{id:guid}", Change)
            .WithSummary("Give another role, or switch an account off or on")
            .WithDescription("Its sessions end. The last active ADMIN stays one.")
            .Answers(Errors.RuleBroken, AuthErrors.LastAdmin, AuthErrors.AccountErased);
        users.MapGet("/{id:guid}/logins", Logins).WithSummary("When and from where an account signed in, newest first");
    }

    private static async Task<Ok<Page<UserView>>> List(
        [AsParameters] PageQuery page,
        AccountStore accounts,
        Cursors cursors,
        CancellationToken cancellation,
        [Description("Only this role.")] Choice<Role>? role = null,
        [Description("Exactly this e-mail, letter case aside.")] string? email = null,
        [Description("A part of the e-mail or the nickname.")] string? q = null)
    {
        var rows = await accounts.List(new UserFilter(role?.Value, email, q), cursors.Read<Guid?>("users", page), page.Size + 1, cancellation);
        return TypedResults.Ok(cursors.Page("users", page, rows, user => user.Id.Value));
    }

    private static async Task<Results<Ok<UserView>, Problem>> Show(Guid id, AccountStore accounts, CancellationToken cancellation) =>
        await accounts.View(new AccountId(id), cancellation) is { } user ? TypedResults.Ok(user) : new Problem(Errors.NotFound);

    private static async Task<Results<Ok<UserView>, Problem>> Change(
        Guid id, Body<UserChangeRequest> body, Actor actor, AccountStore accounts, CancellationToken cancellation)
    {
        var (role, active) = body.Value;
        if (role is null && active is null)
            return Problem.Rules([new FieldError("$", "nothing_to_change", "Give a role, or whether the account is active.")]);

        return await accounts.Change(new AccountId(id), role, active, actor, cancellation) switch
        {
            ChangeOutcome.NotFound => new Problem(Errors.NotFound),
            ChangeOutcome.Erased => new Problem(AuthErrors.AccountErased),
            ChangeOutcome.LastAdmin => new Problem(AuthErrors.LastAdmin),
            ChangeOutcome.Unchanged or ChangeOutcome.Changed => await Show(id, accounts, cancellation),
        };
    }

    private static async Task<Results<Ok<Page<LoginView>>, Problem>> Logins(
        Guid id, [AsParameters] PageQuery page, AccountStore accounts, LoginHistory logins, Cursors cursors, CancellationToken cancellation)
    {
        var account = new AccountId(id);
        if (await accounts.View(account, cancellation) is null)
            return new Problem(Errors.NotFound);

        var rows = await logins.List(account, cursors.Read<Guid?>("logins", page), page.Size + 1, cancellation);
        return TypedResults.Ok(cursors.Page("logins", page, rows, login => login.Id));
    }
}
