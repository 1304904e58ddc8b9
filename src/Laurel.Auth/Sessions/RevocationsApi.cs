using System.ComponentModel;
using Laurel.Platform.Access;
using Laurel.Platform.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Auth.Sessions;

internal static class RevocationsApi
{
    public static void MapRevocations(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/auth/revocations", List)
            .AllowScope(Scopes.RevocationsRead)
            .WithGroupName("auth")
            .WithTags("tokens")
            .WithSummary("Sessions that ended while access tokens of theirs may be alive")
            .WithDescription("Services that run apart poll this every few seconds and refuse the tokens of these sessions.");

    private static async Task<Ok<RevocationList>> List(
        Revocations revocations,
        TimeProvider time,
        CancellationToken cancellation,
        [Description("Only those since this time; all that matter unless told.")] DateTimeOffset? since = null) =>
        TypedResults.Ok(new RevocationList(await revocations.Since(since ?? time.GetUtcNow() - AccessTokens.LongestLife, cancellation)));
}
