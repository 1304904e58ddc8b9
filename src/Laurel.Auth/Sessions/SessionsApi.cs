using Laurel.Auth.Accounts;
using Laurel.Auth.Passwords;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Limits;
using Laurel.Platform.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Auth.Sessions;

public sealed record LoginRequest(string Email, string Password);

public sealed record RefreshRequest(string? RefreshToken = null);

internal static class SessionsApi
{
    public static void MapSessions(this IEndpointRouteBuilder routes)
    {
        var auth = routes.MapGroup("/v1/auth").WithGroupName("auth").WithTags("sign-up, session");

        auth.MapPost("/login", Login)
            .AllowAnyone()
            .Limited(LimitKind.Login)
            .WaitsInItsOwnLine()
            .WithSummary("Sign in")
            .WithDescription("With `useCookies=true` the tokens come as cookies alone, and a browser never handles one.")
            .Answers(AuthErrors.InvalidCredentials, Errors.TooManyRequests);
        auth.MapPost("/refresh", Refresh)
            .AllowAnyone()
            .Limited(LimitKind.Login)
            .WithSummary("Exchange the refresh token, from the body or the cookie, for new tokens")
            .WithDescription("A refresh token is good once. If the answer is lost, the same token gives the same answer for 10 seconds; later its second use ends the session.")
            .Answers(AuthErrors.InvalidRefreshToken, Errors.OriginMismatch);
        auth.MapPost("/logout", Logout)
            .AllowAnyone()
            .WithSummary("End the session of the refresh token, from the body or the cookie")
            .Answers(Errors.OriginMismatch);
        auth.MapGet("/check", Check)
            .AllowSignedIn()
            .WithSummary("Is the token good? For the forward-auth of reverse proxies")
            .WithDescription("204 with `X-User-Id` and `X-User-Role`.");
    }

    private static async Task<Results<Ok<TokenPair>, NoContent, Problem>> Login(
        Body<LoginRequest> body,
        HttpContext http,
        AccountStore accounts,
        SessionStore sessions,
        Throttles throttles,
        PasswordHashing passwords,
        RefreshTokens refreshTokens,
        SessionTokens tokens,
        TimeProvider time,
        CancellationToken cancellation,
        bool useCookies = false)
    {
        var (email, password) = body.Value;
        var visitor = Visitor.Of(http);
        // What could not have signed up is not looked for: PostgreSQL and .NET differ on what is a letter's other case, and a
        // spelling that only one of them takes for the account's would have a throttle of its own.
        var known = AccountRules.Email(email) is null ? await accounts.FindForLogin(email, visitor.Network, cancellation) : null;
        var throttle = Throttle.Login(email, visitor.Network, known?.LastSucceededHere == true);
        // Looked at first, so that a flood costs a read; counted in turn, so that good logins that wait are no tries.
        if (await throttles.Wait(throttle, cancellation) is { } wait)
            return TooManyTries(wait);

        using var turn = await passwords.Turn(visitor.Network, isStranger: known?.LastSucceededHere != true, cancellation);
        if (await throttles.Take(throttle, cancellation) is { } longer)
            return TooManyTries(longer);

        var verdict = await turn.Check(known?.PasswordHash, password);
        if (known is null || verdict == PasswordVerdict.Wrong)
            return new Problem(AuthErrors.InvalidCredentials);

        await throttles.GiveBack(throttle, cancellation);
        var hash = known.PasswordHash;
        if (verdict == PasswordVerdict.RightButHashedWeaker)
            hash = await accounts.Rehash(known.Id, hash, await turn.Hash(password), cancellation);

        var refresh = RefreshTokens.First(new SessionId(Guid.CreateVersion7(time.GetUtcNow())));
        var holder = await sessions.Open(refresh, known.Id, hash, visitor, cancellation);
        return holder is null
            ? new Problem(AuthErrors.InvalidCredentials)
            : Answer(http, useCookies, tokens.ForPerson(holder, refresh.Session), refreshTokens.Write(refresh));

        static Problem TooManyTries(TimeSpan wait) => new(Errors.TooManyRequests) { RetryAfter = wait, Detail = "Too many failed logins." };
    }

    private static async Task<Results<Ok<TokenPair>, NoContent, Problem>> Refresh(
        OptionalBody<RefreshRequest> body,
        HttpContext http,
        SessionStore sessions,
        RefreshTokens refreshTokens,
        SessionTokens tokens,
        CancellationToken cancellation)
    {
        if (!TryTakeToken(http, body, out var text, out var fromCookie))
            return new Problem(Errors.OriginMismatch);

        if (text is null)
            return NoToken();

        if (refreshTokens.TryRead(text, out var presented))
        {
            var (outcome, holder) = await sessions.Refresh(presented, cancellation);
            if (outcome is RefreshOutcome.Rotated or RefreshOutcome.Repeated)
            {
                var next = refreshTokens.Write(refreshTokens.Successor(presented));
                return Answer(http, fromCookie, tokens.ForPerson(holder!, presented.Session), next);
            }
        }

        if (fromCookie)
            SessionCookies.Clear(http.Response);
        return new Problem(AuthErrors.InvalidRefreshToken);
    }

    private static async Task<Results<NoContent, Problem>> Logout(
        OptionalBody<RefreshRequest> body, HttpContext http, SessionStore sessions, RefreshTokens refreshTokens, CancellationToken cancellation)
    {
        if (!TryTakeToken(http, body, out var text, out var fromCookie))
            return new Problem(Errors.OriginMismatch);

        // Whoever sends nothing would believe to be signed out.
        if (text is null)
            return NoToken();

        // Any token of the family ends it, also a used one; one that is no token of ours has nothing to end.
        if (refreshTokens.TryRead(text, out var presented))
            await sessions.End(presented.Session, SessionEnd.Logout, cancellation);

        if (fromCookie)
            SessionCookies.Clear(http.Response);
        return TypedResults.NoContent();
    }

    private static Problem NoToken() => new(Errors.MalformedBody)
    {
        Fields = [new FieldError("refreshToken", "missing_field", "Give the refresh token here or as a cookie.")],
    };

    private static NoContent Check(Caller caller, HttpResponse response)
    {
        response.Headers["X-User-Id"] = caller.Subject;
        response.Headers["X-User-Role"] = WireNames<Role>.Of(caller.Role!.Value);
        return TypedResults.NoContent();
    }

    /// <summary>The refresh token of the body, else of the cookie. False where a cookie came from another site's page.</summary>
    private static bool TryTakeToken(HttpContext http, OptionalBody<RefreshRequest> body, out string? token, out bool fromCookie)
    {
        token = body.Value?.RefreshToken;
        fromCookie = token is null && http.Request.Cookies.TryGetValue(SessionCookies.Refresh, out token);
        return !fromCookie || SameOrigin.Permits(http.Request);
    }

    private static Results<Ok<TokenPair>, NoContent, Problem> Answer(HttpContext http, bool useCookies, string accessToken, string refreshToken)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (useCookies)
        {
            SessionCookies.Set(http.Response, accessToken, AccessTokens.Lifetime, refreshToken, SessionStore.Lifetime);
            return TypedResults.NoContent();
        }

        return TypedResults.Ok(new TokenPair(accessToken, "Bearer", (int)AccessTokens.Lifetime.TotalSeconds, refreshToken));
    }
}
