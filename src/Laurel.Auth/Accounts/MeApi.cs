using Laurel.Auth.Logins;
using Laurel.Auth.Passwords;
using Laurel.Auth.Sessions;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Auth.Accounts;

public sealed record PasswordChangeRequest(string CurrentPassword, string NewPassword);

public sealed record NicknameRequest(string Nickname);

public sealed record SessionList(IReadOnlyList<SessionView> Items);

/// <summary>Everything that the auth service stores about a person, but for what is secret even from them: hashes.</summary>
public sealed record PersonalData(UserView Account, IReadOnlyList<SessionView> Sessions, IReadOnlyList<LoginView> Logins);

internal static class MeApi
{
    public static void MapMe(this IEndpointRouteBuilder routes)
    {
        var me = routes.MapGroup("/v1/me").WithGroupName("auth").WithTags("me").AllowSignedIn();
        // Whom a trusted issuer has signed in has no account here, and so nothing that these could show or change.
        me.AddEndpointFilter(async (call, next) => Caller.Of(call.HttpContext)!.SessionId is null
            ? new Problem(Errors.NotFound) { Detail = "You are signed in by a trusted issuer, and have no account here." }
            : await next(call));

        me.MapGet("", Show).WithSummary("My account").Answers(Errors.NotFound);
        me.MapPatch("", Rename).WithSummary("Change my nickname").Answers(Errors.RuleBroken, Errors.NotFound);
        me.MapDelete("", Delete)
            .WithSummary("Delete my account")
            .WithDescription(
                """
                What tells who I am is erased, every session ends; the id stays, since progress and claims refer to it. Seconds later, or as
                soon as the events service answers, what is there of me follows: claims that wait are rejected, points are forfeited, activities
                lose their attributes, and progress becomes what they come to without them. What was granted is still delivered.
                """)
            .Answers(AuthErrors.LastAdmin, Errors.NotFound);
        me.MapPut("/password", ChangePassword)
            .WaitsInItsOwnLine()
            .WithSummary("Change my password")
            .WithDescription("All my other sessions end.")
            .Answers(Errors.RuleBroken, AuthErrors.WrongPassword, Errors.TooManyRequests, Errors.NotFound);
        me.MapGet("/sessions", Sessions).WithSummary("Where I am signed in").Answers(Errors.NotFound);
        me.MapDelete("/sessions/{id:guid}", EndSession).WithSummary("End one of my sessions");
        me.MapGet("/export", Export)
            .WithSummary("All that is stored about my account")
            .WithDescription(
                """
                Account, sessions and logins. What I did in events is not in it: `/v1/me/progress`, `/v1/me/claims` and `/v1/me/points/entries`
                list what came of that; the activities themselves are the game's to tell.
                """)
            .Answers(Errors.NotFound);
    }

    private static async Task<Results<Ok<Account>, Problem>> Show(Caller caller, AccountStore accounts, CancellationToken cancellation) =>
        await accounts.Find(Id(caller), cancellation) is { } account ? TypedResults.Ok(account) : new Problem(Errors.NotFound);

    private static async Task<Results<Ok<Account>, Problem>> Rename(
        Body<NicknameRequest> body, Caller caller, Actor actor, AccountStore accounts, CancellationToken cancellation)
    {
        if (AccountRules.Nickname(body.Value.Nickname) is { } broken)
            return Problem.Rules([broken]);

        await accounts.Rename(Id(caller), body.Value.Nickname, actor, cancellation);
        return await Show(caller, accounts, cancellation);
    }

    private static async Task<Results<NoContent, Problem>> Delete(Caller caller, Actor actor, HttpResponse response, AccountStore accounts, CancellationToken cancellation)
    {
        switch (await accounts.Erase(Id(caller), actor, cancellation))
        {
            case ChangeOutcome.LastAdmin:
                return new Problem(AuthErrors.LastAdmin);
            case ChangeOutcome.NotFound or ChangeOutcome.Erased:
                return new Problem(Errors.NotFound);
            default:
                SessionCookies.Clear(response);
                return TypedResults.NoContent();
        }
    }

    private static async Task<Results<NoContent, Problem>> ChangePassword(
        Body<PasswordChangeRequest> body,
        HttpContext http,
        Caller caller,
        Actor actor,
        AccountStore accounts,
        Throttles throttles,
        PasswordHashing passwords,
        CancellationToken cancellation)
    {
        var (current, wanted) = body.Value;
        var id = Id(caller);
        if (await accounts.Find(id, cancellation) is not { } account || await accounts.PasswordHash(id, cancellation) is not { } hash)
            return new Problem(Errors.NotFound);
        if (PasswordRules.Check("newPassword", wanted, AccountRules.LocalPart(account.Email), account.Nickname) is { } broken)
            return Problem.Rules([broken]);

        var throttle = Throttle.PasswordChange(id);
        // Whoever changes a password is signed in already, and so no stranger.
        using var turn = await passwords.Turn(Visitor.Of(http).Network, isStranger: false, cancellation);
        if (await throttles.Take(throttle, cancellation) is { } wait)
            return new Problem(Errors.TooManyRequests) { RetryAfter = wait, Detail = "Too many wrong passwords." };
        if (await turn.Check(hash, current) == PasswordVerdict.Wrong)
            return new Problem(AuthErrors.WrongPassword);

        await throttles.GiveBack(throttle, cancellation);
        var newHash = await turn.Hash(wanted);
        return await accounts.ChangePassword(id, hash, newHash, Session(caller), actor, cancellation)
            ? TypedResults.NoContent()
            : new Problem(AuthErrors.WrongPassword);
    }

    private static async Task<Ok<SessionList>> Sessions(Caller caller, SessionStore sessions, CancellationToken cancellation) =>
        TypedResults.Ok(new SessionList(await sessions.Alive(Id(caller), Session(caller), cancellation)));

    private static async Task<Results<NoContent, Problem>> EndSession(Guid id, Caller caller, SessionStore sessions, CancellationToken cancellation) =>
        await sessions.End(new SessionId(id), SessionEnd.EndedByUser, cancellation, owner: Id(caller))
            ? TypedResults.NoContent()
            : new Problem(Errors.NotFound);

    private static async Task<Results<Ok<PersonalData>, Problem>> Export(
        Caller caller, HttpResponse response, AccountStore accounts, SessionStore sessions, LoginHistory logins, CancellationToken cancellation)
    {
        if (await accounts.View(Id(caller), cancellation) is not { } account)
            return new Problem(Errors.NotFound);

        response.Headers.ContentDisposition = "attachment; filename=\"laurel-account.json\"";
        return TypedResults.Ok(new PersonalData(
            account,
            await sessions.All(account.Id, Session(caller), cancellation),
            await logins.All(account.Id, cancellation)));
    }

    private static SessionId Session(Caller caller) => new(caller.SessionId!.Value);

    private static AccountId Id(Caller caller) => new(Guid.Parse(caller.Subject));
}
