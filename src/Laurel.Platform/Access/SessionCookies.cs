using Microsoft.AspNetCore.Http;

namespace Laurel.Platform.Access;

/// <summary>
/// The cookies of a browser's session. <c>__Host-</c> pins them to this host and to HTTPS (browsers count localhost as safe);
/// no script can read them, no other site can make the browser send them.
/// </summary>
public static class SessionCookies
{
    /// <summary>What begins so is Laurel's.</summary>
    public const string Prefix = "__Host-laurel-";

    public const string Access = Prefix + "access";
    public const string Refresh = Prefix + "refresh";

    public static void Set(HttpResponse response, string accessToken, TimeSpan accessLifetime, string refreshToken, TimeSpan refreshLifetime)
    {
        response.Cookies.Append(Access, accessToken, Options(accessLifetime));
        response.Cookies.Append(Refresh, refreshToken, Options(refreshLifetime));
    }

    public static void Clear(HttpResponse response)
    {
        response.Cookies.Append(Access, "", Options(TimeSpan.Zero));
        response.Cookies.Append(Refresh, "", Options(TimeSpan.Zero));
    }

    private static CookieOptions Options(TimeSpan lifetime) => new()
    {
        HttpOnly = true,
        Secure = true,
        SameSite = SameSiteMode.Strict,
        Path = "/",
        MaxAge = lifetime,
    };
}
