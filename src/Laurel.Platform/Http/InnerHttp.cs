namespace Laurel.Platform.Http;

/// <summary>How Laurel's processes reach one another, and what is registered with them: straight, and by names that are looked up again.</summary>
public static class InnerHttp
{
    public static SocketsHttpHandler Handler() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    };
}
