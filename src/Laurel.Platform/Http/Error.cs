using System.Collections.Immutable;
using System.Reflection;

namespace Laurel.Platform.Http;

/// <summary>
/// One way in which a request can be refused. The code is a contract: clients branch on it, docs/errors.md explains it.
/// </summary>
public sealed record Error(int Status, string Code, string Title)
{
    /// <summary>The errors that a class declares as public static fields, for the page of error codes and its test.</summary>
    public static ImmutableArray<Error> DeclaredBy(Type catalogue) =>
        [.. catalogue.GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetValue(null)).OfType<Error>()];
}

/// <summary>What is wrong with one field. The path reads like `contents[0].amount`; `$` is the whole body.</summary>
public sealed record FieldError(string Path, string Code, string Message);

/// <summary>The errors that any endpoint may answer.</summary>
public static class Errors
{
    public static readonly Error BadRequest = new(400, "bad_request", "The request cannot be understood");
    public static readonly Error MalformedBody = new(400, "malformed_body", "The body is not what this endpoint reads");
    public static readonly Error BadQuery = new(400, "bad_query", "A query parameter is unknown or cannot be read");
    public static readonly Error InvalidCursor = new(400, "invalid_cursor", "The cursor is not one that this list has given");
    public static readonly Error Unauthenticated = new(401, "unauthenticated", "Sign in first");
    public static readonly Error InvalidToken = new(401, "invalid_token", "The access token is not valid");
    public static readonly Error TokenExpired = new(401, "token_expired", "The access token has expired");
    public static readonly Error SessionEnded = new(401, "session_ended", "The session of this access token has ended");
    public static readonly Error Forbidden = new(403, "forbidden", "Your role or scope does not allow this");
    public static readonly Error OriginMismatch = new(403, "origin_mismatch", "A write by cookie must come from this site");
    public static readonly Error NotFound = new(404, "not_found", "There is nothing here, or it is not yours");
    public static readonly Error MethodNotAllowed = new(405, "method_not_allowed", "This path does not answer this method");
    public static readonly Error NotAcceptable = new(406, "not_acceptable", "None of the asked media types can be given");
    public static readonly Error RequestTimeout = new(408, "request_timeout", "The request arrived too slowly");
    public static readonly Error VersionMismatch = new(412, "version_mismatch", "It has changed since the version that If-Match names");
    public static readonly Error BodyTooLarge = new(413, "body_too_large", "The body is larger than what this endpoint reads");
    public static readonly Error UriTooLong = new(414, "uri_too_long", "The address is too long");
    public static readonly Error UnsupportedMediaType = new(415, "unsupported_media_type", "The body's media type or charset is not supported");
    public static readonly Error RuleBroken = new(422, "rule_broken", "The request breaks a rule");
    public static readonly Error IfMatchRequired = new(428, "if_match_required", "Somebody else changed it; say with If-Match which version you mean");
    public static readonly Error TooManyRequests = new(429, "too_many_requests", "Too many requests");
    public static readonly Error Internal = new(500, "internal", "Something went wrong on our side");
    public static readonly Error Overloaded = new(503, "overloaded", "Too much is waiting already; try again shortly");
    public static readonly Error Unavailable = new(503, "unavailable", "Something that this needs is down; try again shortly");

    public static Error ForStatus(int status) => status switch
    {
        400 => BadRequest,
        401 => Unauthenticated,
        403 => Forbidden,
        404 => NotFound,
        405 => MethodNotAllowed,
        406 => NotAcceptable,
        408 => RequestTimeout,
        413 => BodyTooLarge,
        414 => UriTooLong,
        415 => UnsupportedMediaType,
        422 => RuleBroken,
        429 => TooManyRequests,
        503 => Unavailable,
        >= 400 and < 500 => BadRequest with { Status = status },
        _ => Internal,
    };
}
