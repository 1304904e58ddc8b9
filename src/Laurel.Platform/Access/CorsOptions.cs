using System.Collections.Frozen;
using Microsoft.Extensions.Configuration;

namespace Laurel.Platform.Access;

/// <summary>Whose pages may call and read, beside those of this very host (<c>Laurel:Cors:Origins</c>); checked once at start.</summary>
public sealed record CorsOptions(FrozenSet<string> Origins)
{
    public static readonly CorsOptions None = new([]);

    public static CorsOptions Read(IConfiguration configuration)
    {
        var origins = configuration.GetSection("Laurel:Cors:Origins").Get<string[]>() ?? [];
        foreach (var origin in origins)
        {
            if (!IsOrigin(origin))
            {
                throw new StartupException(
                    $"Laurel__Cors__Origins names '{origin}': an origin is written as browsers send it, such as https://console.example.com or "
                    + "http://localhost:5173, in lower case, without a path, a usual port or a wildcard.");
            }
        }

        return new CorsOptions(origins.ToFrozenSet(StringComparer.Ordinal));
    }

    /// <summary>Compared letter by letter with what browsers send, so one that they would write otherwise would never be met.</summary>
    internal static bool IsOrigin(string text) =>
        !text.AsSpan().ContainsAnyExceptInRange('!', '~')
        && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url.Scheme is "https" or "http"
        && url.HostNameType is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
        && url.GetLeftPart(UriPartial.Authority) == text
        && url.UserInfo.Length == 0
        && url.Port != 0;
}
