using Laurel.Platform.Access;
using Laurel.Platform.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Auth.Keys;

internal static class JwksApi
{
    public static void MapJwks(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/.well-known/jwks.json", Show)
            .AllowAnyone()
            .WithGroupName("auth")
            .WithTags("tokens")
            .WithSummary("The public keys of access tokens (RFC 7517)");

    private static Ok<Jwks> Show(KeyRing ring, HttpResponse response)
    {
        response.Headers.CacheControl = $"public, max-age={KeyStore.Publication.TotalSeconds}";
        return TypedResults.Ok(ring.Verifying.ToJwks());
    }
}
