using Laurel.Auth.Passwords;
using Laurel.Auth.Sessions;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Auth.Accounts;

public sealed record SignUpRequest(string Email, string Password, string Nickname);

public sealed record EmailAvailability(bool Available);

internal static class SignUpApi
{
    public static void MapSignUp(this IEndpointRouteBuilder routes)
    {
        var auth = routes.MapGroup("/v1/auth").WithGroupName("auth").WithTags("sign-up, session").AllowAnyone();

        auth.MapPost("/signup", SignUp)
            .Limited(LimitKind.Login)
            .WaitsInItsOwnLine()
            .WithSummary("Make an account")
            .WithDescription("Always with the role USER; only an ADMIN gives another.")
            .Answers(Errors.RuleBroken, AuthErrors.EmailTaken, Errors.TooManyRequests);
        auth.MapGet("/email-availability", CheckEmail)
            .WithSummary("Could one sign up with this e-mail?")
            .Answers(Errors.RuleBroken);
    }

    private static async Task<Results<Created<Account>, Problem>> SignUp(
        Body<SignUpRequest> body,
        HttpContext http,
        AccountStore accounts,
        Throttles throttles,
        PasswordHashing passwords,
        AuthOptions options,
        CancellationToken cancellation)
    {
        var request = body.Value;
        if (AccountRules.Check(request) is { Count: > 0 } broken)
            return Problem.Rules(broken);

        var network = Visitor.Of(http).Network;
        IReadOnlyList<Throttle> throttle = [Throttle.SignUps(network, options.SignUpsPerHour)];
        if ((await throttles.Wait(throttle, cancellation) ?? await throttles.Take(throttle, cancellation)) is { } wait)
            return new Problem(Errors.TooManyRequests) { RetryAfter = wait, Detail = "Too many sign-ups from this address." };

        // Asked first to spare the hash; the unique index decides.
        if (await accounts.EmailIsTaken(request.Email, cancellation))
            return new Problem(AuthErrors.EmailTaken);

        using var turn = await passwords.Turn(network, isStranger: true, cancellation);
        var hash = await turn.Hash(request.Password);
        return await accounts.Add(request.Email, hash, request.Nickname, Role.User, cancellation) is { } account
            ? TypedResults.Created("/v1/me", account)
            : new Problem(AuthErrors.EmailTaken);
    }

    private static async Task<Results<Ok<EmailAvailability>, Problem>> CheckEmail(string email, AccountStore accounts, CancellationToken cancellation) =>
        AccountRules.Email(email) is { } broken
            ? Problem.Rules([broken])
            : TypedResults.Ok(new EmailAvailability(!await accounts.EmailIsTaken(email, cancellation)));
}
