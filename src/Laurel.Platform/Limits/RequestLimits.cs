using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Http;

namespace Laurel.Platform.Limits;

/// <summary>
/// How often each may ask. Who is known by a good token is counted by account and by nothing else, so a bad neighbour behind the same
/// address does them no harm; everybody else is counted by address.
/// </summary>
internal sealed class RequestLimits(LimitOptions options, TimeProvider time, LimitMeters meters)
{
    private readonly Limit? _account = Limit.Of("account", options.AccountBurst, options.AccountPerSecond, time);
    private readonly Limit? _service = Limit.Of("service", options.ServiceBurst, options.ServicePerSecond, time);
    private readonly Limit? _address = Limit.Of("address", options.AddressBurst, options.AddressPerSecond, time);
    private readonly Limit? _login = Limit.Of("login", options.LoginBurst, options.LoginPerSecond, time);

    /// <summary>Goes on with a request that needs no token, or refuses it.</summary>
    public Task Stranger(HttpContext context, RequestDelegate next)
    {
        var kind = LimitKinds.Of(context.GetEndpoint());
        var limit = kind switch
        {
            LimitKind.Usual or LimitKind.BySignature => _address,
            LimitKind.Login => _login,
            LimitKind.None => null,
        };
        if (limit is null)
            return next(context);

        var key = LimitKey.OfAddress(context.Connection.RemoteIpAddress);
        if (Refusal(context, limit, key) is { } refused)
            return refused.ExecuteAsync(context);
        return kind == LimitKind.BySignature ? UnlessUnknown(context, next, limit, key) : next(context);
    }

    /// <summary>The refusal of one more request without a good token; null when it may go on.</summary>
    public Problem? Stranger(HttpContext context) =>
        _address is null ? null : Refusal(context, _address, LimitKey.OfAddress(context.Connection.RemoteIpAddress));

    /// <summary>It was no stranger: its address gets back what <see cref="Stranger(HttpContext)"/> took.</summary>
    public void Known(HttpContext context)
    {
        if (_address is null)
            return;
        _address.GiveBack(LimitKey.OfAddress(context.Connection.RemoteIpAddress));
        Limit.Untell(context.Response.Headers);
    }

    /// <summary>The refusal of one more request of this caller; null when it may go on.</summary>
    public Problem? Of(HttpContext context, Caller caller) =>
        (caller.Role is null ? _service : _account) is { } limit ? Refusal(context, limit, LimitKey.OfSubject(caller.Subject)) : null;

    private Problem? Refusal(HttpContext context, Limit limit, UInt128 key)
    {
        var level = limit.Take(key);
        limit.Tell(context.Response.Headers, level);
        if (level.Taken)
            return null;

        meters.Refused(limit.Name);
        return limit.Refusal(level);
    }

    private static async Task UnlessUnknown(HttpContext context, RequestDelegate next, Limit limit, UInt128 key)
    {
        try
        {
            await next(context);
        }
        catch (Exception failure) when (failure is not (ProblemException or BadHttpRequestException))
        {
            // Ours, not theirs: an outage must not use up what a game may send.
            limit.GiveBack(key);
            throw;
        }

        if (context.Response.StatusCode != StatusCodes.Status401Unauthorized)
            limit.GiveBack(key);
    }
}
