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
internal sealed class AccessControl(RequestDelegate next, TokenVerifier tokens, RevokedSessions revoked, RequestLimits limits)
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
        if (Authenticate(context, out var caller) is { } refused)
            return refused.ExecuteAsync(context);
        if (limits.Of(context, caller!) is { } tooMany)
            return tooMany.ExecuteAsync(context);

        if (rule is null || !rule.Permits(caller!))
            return new Problem(Errors.Forbidden).ExecuteAsync(context);

        context.Features.Set(caller);
        return next(context);
    }

    private Problem? Authenticate(HttpContext context, out Caller? caller)
    {
        var isCounted = false;
        if (Identify(context, ref isCounted, out caller) is not { } refused)
            return null;
        return isCounted ? refused : limits.Stranger(context) ?? refused;
    }

    /// <param name="context">The request.</param>
    /// <param name="isCounted">Whether its address has been charged for it.</param>
    /// <param name="caller">Who sent it.</param>
    private Problem? Identify(HttpContext context, ref bool isCounted, out Caller? caller)
    {
        caller = null;
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

        var identity = tokens.Recall(token, out var outcome);
        if (outcome == TokenOutcome.NotSeen)
        {
            // Charged before its signature costs anything, and given back when it is good: a flood of invented tokens ends here.
            isCounted = true;
            if (limits.Stranger(context) is { } tooMany)
                return tooMany;
            identity = tokens.Verify(token, out outcome);
        }

        if (identity is null)
            return outcome == TokenOutcome.Expired ? Errors.TokenExpired : Errors.InvalidToken;
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
