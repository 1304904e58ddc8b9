using System.Net;

namespace Laurel.Client;

/// <summary>Laurel refused a request, or could not be reached.</summary>
public sealed class LaurelException : Exception
{
    internal LaurelException(string message, HttpStatusCode? status, Exception? inner = null)
        : base(message, inner) => Status = status;

    /// <summary>What was answered; null where no answer came: then it is unknown whether the request was done.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>Why, as one of the codes of Laurel's page of errors; null where the answer is not Laurel's.</summary>
    public string? Code { get; internal init; }

    /// <summary>What Laurel's own log knows the request by.</summary>
    public string? TraceId { get; internal init; }

    /// <summary>The fields that were wrong.</summary>
    public IReadOnlyList<LaurelFieldError> Errors { get; internal init; } = [];

    /// <summary>How long Laurel wants to be left alone.</summary>
    public TimeSpan? RetryAfter { get; internal init; }

    /// <summary>The same request may be answered otherwise later. (All that this client does can be repeated safely.)</summary>
    public bool IsTransient => Status is null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    /// <summary>No more of the same content will ever be accepted, whoever sends it and when.</summary>
    internal bool IsAboutContent =>
        Status == HttpStatusCode.RequestEntityTooLarge || (Code is not null && Status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableContent);
}

/// <summary>A field of a request that was wrong.</summary>
/// <param name="Path">Which, such as <c>[3].userId</c>.</param>
/// <param name="Code">Why; for programs.</param>
/// <param name="Message">Why; for people.</param>
public sealed record LaurelFieldError(string Path, string Code, string Message);
