using Laurel.Platform.Http;
using Laurel.Platform.Limits;
using Laurel.Platform.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Platform.Access;

/// <summary>
/// Lets a request through to its endpoint, or says why not. Every endpoint has an <see cref="AccessRule"/>; one without is closed.
/// Here it turns out who sends a request, so here it is counted too.
/// </summary>
internal sealed class AccessControl(RequestDelegate next, TokenVerifier tokens, RevokedSessions revoked, ClusterKey cluster, RequestLimits limits)
{
    public Task InvokeAsync(HttpContext context)
    {
        // The framework answers 404, 405 and 415 with endpoints that are no routes: there is nothing behind them to protect.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
            return limits.Stranger(context, next);

        var rule = endpoint.Metadata.GetMetadata<AccessRule>();
        if (rule is { Anyone: true })
            return limits.Stranger(context, next);

        // What is answered to somebody is nobody else's.
        context.Response.Headers.CacheControl = "no-store";
        var isCounted = false;
        var refused = Authenticate(context, ref isCounted, out var caller, out var looking);
        return looking is null ? GoOn(context, rule, refused, caller) : Wait(context, rule, isCounted, looking);
    }

    /// <summary>Auth or a trusted issuer may just have begun to sign with a new key: nobody need sign in again for that.</summary>
    private async Task Wait(HttpContext context, AccessRule? rule, bool isCounted, Task looking)
    {
        await looking;
        var refused = Authenticate(context, ref isCounted, out var caller, out _);
        await GoOn(context, rule, refused, caller);
    }

    private Task GoOn(HttpContext context, AccessRule? rule, Problem? refused, Caller? caller)
    {
        if (refused is not null)
            return refused.ExecuteAsync(context);
        // Laurel's own processes are none of those who might send too much.
        if (caller!.Subject != ClusterKey.Subject && limits.Of(context, caller) is { } tooMany)
            return tooMany.ExecuteAsync(context);

        if (rule is null || !rule.Permits(caller))
            return new Problem(Errors.Forbidden).ExecuteAsync(context);

        context.Features.Set(caller);
        return next(context);
    }

    private Problem? Authenticate(HttpContext context, ref bool isCounted, out Caller? caller, out Task? looking)
    {
        if (Identify(context, ref isCounted, out caller, out looking) is not { } refused)
            return null;
        return isCounted ? refused : limits.Stranger(context) ?? refused;
    }

    /// <param name="context">The request.</param>
    /// <param name="isCounted">Whether its address has been charged for it.</param>
    /// <param name="caller">Who sent it.</param>
    /// <param name="looking">Over when the keys have been looked at again.</param>
    private Problem? Identify(HttpContext context, ref bool isCounted, out Caller? caller, out Task? looking)
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
            return caller is null ? new Problem(Errors.InvalidToken) : null;
        }

        if (!tokens.HasKeys)
            throw new UnavailableException("The keys of access tokens have not been loaded yet.");
        var identity = tokens.Recall(token, out var outcome);
        if (outcome == TokenOutcome.NotSeen)
        {
            // Charged before its signature costs anything, and given back when it is good: a flood of invented tokens ends here.
            var tooMany = isCounted ? null : limits.Stranger(context);
            isCounted = true;
            if (tooMany is not null)
                return tooMany;
            identity = tokens.Verify(token, out outcome, out looking);
        }

        if (identity is null)
            return outcome == TokenOutcome.Expired ? Errors.TokenExpired : Errors.InvalidToken;
        if (identity.Issuer is not null)
        {
            if (isCounted)
                limits.Known(context);
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

        if (isCounted)
            limits.Known(context);
        caller = new Caller(identity.Subject, session, role, identity.Scopes);
        return null;
    }
}
