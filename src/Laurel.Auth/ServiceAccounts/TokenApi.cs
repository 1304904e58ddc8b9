using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Serialization;
using Laurel.Auth.Sessions;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Limits;
using Laurel.Platform.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Auth.ServiceAccounts;

/// <summary>The names are OAuth's (RFC 6749), not ours.</summary>
public sealed record ServiceToken(
    [property: JsonPropertyName("access_token")] string AccessToken,
    [property: JsonPropertyName("token_type")] string TokenType,
    [property: JsonPropertyName("expires_in")] int ExpiresIn,
    [property: JsonPropertyName("scope")] string Scope);

/// <summary>For the OpenAPI document alone: the form that the token endpoint reads.</summary>
public sealed record ServiceTokenForm(
    [property: JsonPropertyName("grant_type")] string GrantType,
    [property: JsonPropertyName("client_id")] string? ClientId = null,
    [property: JsonPropertyName("client_secret")] string? ClientSecret = null,
    [property: JsonPropertyName("scope")] string? Scope = null);

/// <summary>OAuth 2 client credentials (RFC 6749, section 4.4). Refusals carry OAuth's <c>error</c> beside our <c>code</c>; they are the same word.</summary>
internal static class TokenApi
{
    public static void MapServiceTokens(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/auth/token", Grant)
            .AllowAnyone()
            .Limited(LimitKind.Login)
            .WithGroupName("auth")
            .WithTags("service accounts")
            .WithSummary("A service account's access token (OAuth 2 client credentials)")
            .WithDescription("Client id and secret in the form, or as HTTP Basic.")
            .Accepts<ServiceTokenForm>("application/x-www-form-urlencoded")
            .Answers(
                AuthErrors.InvalidGrantRequest,
                AuthErrors.UnsupportedGrantType,
                AuthErrors.InvalidScope,
                AuthErrors.InvalidClient,
                Errors.UnsupportedMediaType,
                Errors.BodyTooLarge);

    private static async Task<Results<Ok<ServiceToken>, Problem>> Grant(
        HttpContext http, ServiceAccountStore store, SessionTokens tokens, CancellationToken cancellation)
    {
        if (await ReadForm(http.Request, cancellation) is not { } form)
            return Refuse(AuthErrors.InvalidGrantRequest);
        if (form["grant_type"].Count == 0)
            return Refuse(AuthErrors.InvalidGrantRequest);
        if (form["grant_type"] != "client_credentials")
            return Refuse(AuthErrors.UnsupportedGrantType);
        if (Credentials(http.Request, form) is not var (id, secret))
            return Refuse(AuthErrors.InvalidGrantRequest);

        if (!Guid.TryParseExact(id, "D", out var account)
            || await store.Authenticate(new ServiceAccountId(account), secret, cancellation) is not { } grant)
        {
            http.Response.Headers.WWWAuthenticate = "Basic realm=\"laurel\"";
            return Refuse(AuthErrors.InvalidClient);
        }

        var asked = form["scope"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (asked.Except(grant.Scopes).Any())
            return Refuse(AuthErrors.InvalidScope);

        var scopes = asked.Length == 0 ? grant.Scopes : [.. asked.Distinct()];
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new ServiceToken(
            tokens.ForService(new ServiceAccountId(account), grant.Id, scopes),
            "Bearer",
            (int)AccessTokens.Lifetime.TotalSeconds,
            string.Join(' ', scopes)));
    }

    /// <summary>Null where it cannot be read, or names a field twice.</summary>
    private static async Task<IFormCollection?> ReadForm(HttpRequest request, CancellationToken cancellation)
    {
        if (MediaTypes.OfUtf8(request) is not { } type || !type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            throw new ProblemException(Errors.UnsupportedMediaType);

        try
        {
            var form = await request.ReadFormAsync(cancellation);
            return form.All(field => field.Value.Count == 1) ? form : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static (string Id, string Secret)? Credentials(HttpRequest request, IFormCollection form)
    {
        if (!AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header))
            return form["client_id"] is [{ } id] && form["client_secret"] is [{ } secret] ? (id, secret) : null;

        // RFC 6749 forbids to authenticate in both ways at once.
        if (!header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) || form.ContainsKey("client_secret"))
            return null;

        var bytes = new byte[header.Parameter?.Length ?? 0];
        if (!Convert.TryFromBase64String(header.Parameter ?? "", bytes, out var length))
            return null;

        var pair = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return pair is [var basicId, var basicSecret] ? (WebUtility.UrlDecode(basicId), WebUtility.UrlDecode(basicSecret)) : null;
    }

    private static Problem Refuse(Error error) => new(error)
    {
        Extensions = new Dictionary<string, object?> { ["error"] = error.Code, ["error_description"] = error.Title },
    };
}
