using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Laurel.Platform.Http;

/// <summary>A refusal on its way to the client: RFC 9457 problem details with a stable code.</summary>
public sealed class Problem(Error error) : IResult, IStatusCodeHttpResult
{
    public Error Error { get; } = error;
    public string? Detail { get; init; }
    public IReadOnlyList<FieldError> Fields { get; init; } = [];
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Members of the answer beside the standard ones, such as the claim that already exists.</summary>
    public IReadOnlyDictionary<string, object?> Extensions { get; init; } = new Dictionary<string, object?>();

    public int? StatusCode => Error.Status;

    public static implicit operator Problem(Error error) => new(error);

    public static Problem Rules(IReadOnlyList<FieldError> broken) => new(Errors.RuleBroken) { Fields = broken };

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Error.Status;
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString();
        if (Error.Status == StatusCodes.Status401Unauthorized && response.Headers.WWWAuthenticate.Count == 0)
            response.Headers.WWWAuthenticate = Error == Errors.Unauthenticated ? "Bearer" : "Bearer error=\"invalid_token\"";

        return response.WriteAsJsonAsync(Details(httpContext), JsonRules.Options, "application/problem+json", httpContext.RequestAborted);
    }

    private ProblemDetails Details(HttpContext context) => new(
        $"/docs/errors#{Error.Code}",
        Error.Title,
        Error.Status,
        Error.Code,
        Detail,
        Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier,
        Fields.Count == 0 ? null : Fields)
    {
        Extensions = Extensions.ToDictionary(pair => pair.Key, pair => JsonSerializer.SerializeToElement(pair.Value, JsonRules.Options)),
    };
}

/// <summary>A refusal, after RFC 9457; `code` is what to branch on.</summary>
public sealed record ProblemDetails(
    string Type,
    string Title,
    int Status,
    string Code,
    string? Detail,
    string TraceId,
    IReadOnlyList<FieldError>? Errors)
{
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Extensions { get; init; }
}

/// <summary>Refuses a request from where no result can be returned: a binder, a query check.</summary>
public sealed class ProblemException(Problem problem) : Exception(problem.Error.Code)
{
    public Problem Problem { get; } = problem;
}
