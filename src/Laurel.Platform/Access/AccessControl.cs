using Laurel.Platform.Http;
using Laurel.Platform.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Platform.Access;

/// <summary>
/// Lets a request through to its endpoint, or says why not. Every endpoint has an <see cref="AccessRule"/>; one without is closed.
/// </summary>
internal sealed class AccessControl(RequestDelegate next, TokenVerifier tokens, RevokedSessions revoked, ClusterKey cluster)
{
    public Task InvokeAsync(HttpContext context)
    {
        // The framework answers 404, 405 and 415 with endpoints that are no routes: there is nothing behind them to protect.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
            return next(context);

        var rule = endpoint.Metadata.GetMetadata<AccessRule>();
        if (rule is { Anyone: true })
            return next(context);

        // What is answered to somebody is nobody else's.
        context.Response.Headers.CacheControl = "no-store";
        var refused = Authenticate(context, out var caller, out var looking);
        return looking is null ? GoOn(context, rule, refused, caller) : Wait(context, rule, looking);
    }

    /// <summary>A trusted issuer may just have begun to sign with a new key: its player need not sign in again for that.</summary>
    private async Task Wait(HttpContext context, AccessRule? rule, Task looking)
    {
        await looking;
        var refused = Authenticate(context, out var caller, out _);
        await GoOn(context, rule, refused, caller);
    }

    private Task GoOn(HttpContext context, AccessRule? rule, Error? refused, Caller? caller)
    {
        if (refused is not null)
            return new Problem(refused).ExecuteAsync(context);

        if (rule is null || !rule.Permits(caller!))
            return new Problem(Errors.Forbidden).ExecuteAsync(context);

        context.Features.Set(caller);
        return next(context);
    }

    private Error? Authenticate(HttpContext context, out Caller? caller, out Task? looking)
    {
        (caller, looking) = (null, null);
        ReadOnlySpan<char> token;
        var header = context.Request.Headers.Authorization;
        if (header.Count > 0)
        {
            if (header.Count > 1 || !header[0]!.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
                return Errors.InvalidToken;
            token = header[0].AsSpan("Bearer ".Length);
        }
        else
        {
            if (context.Request.Cookies[SessionCookies.Access] is not { } cookie)
                return Errors.Unauthenticated;
            if (!SameOrigin.Permits(context.Request))
                return Errors.OriginMismatch;
            token = cookie;
        }

        if (ClusterKey.IsStamp(token))
        {
            caller = cluster.Accepts(token) ? new Caller(ClusterKey.Subject, Guid.Empty, Role: null, Scopes.OfCluster) : null;
            return caller is null ? Errors.InvalidToken : null;
        }

        if (!tokens.HasKeys)
            throw new UnavailableException("The keys of access tokens have not been loaded yet.");
        var identity = tokens.Verify(token, out var outcome, out looking);
        if (identity is null)
            return outcome == TokenOutcome.Expired ? Errors.TokenExpired : Errors.InvalidToken;
        if (identity.Issuer is not null)
        {
            // Whatever such a token claims, nobody but us gives a role or a scope.
            caller = new Caller(identity.Subject, SessionId: null, Role.User, []);
            return null;
        }

        if (!Guid.TryParseExact(identity.SessionId, "D", out var session))
            return Errors.InvalidToken;
        if (revoked.Contains(session))
            return Errors.SessionEnded;

        Role? role = null;
        if (identity.Role is { } name)
        {
            if (!WireNames<Role>.TryParse(name, out var known))
                return Errors.InvalidToken;
            role = known;
        }

        caller = new Caller(identity.Subject, session, role, identity.Scopes);
        return null;
    }
}
