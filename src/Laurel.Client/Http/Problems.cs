using System.Text.Json;

namespace Laurel.Client;

/// <summary>Refusals as they come (RFC 9457).</summary>
internal static class Problems
{
    /// <summary>Whoever asks for more is not waited for longer.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(15);

    public static LaurelException Read(HttpRequestMessage request, HttpResponseMessage response, byte[] answer, DateTimeOffset now)
    {
        var problem = Problem(response, answer);
        var said = problem?.Detail ?? problem?.Title ?? response.ReasonPhrase;
        var fields = problem?.Errors ?? [];
        return new LaurelException(
            $"{request.Method} {request.RequestUri!.AbsolutePath} was answered with {(int)response.StatusCode}"
            + $"{(problem?.Code is { } code ? $" {code}" : "")}: {said}{string.Concat(fields.Take(3).Select(field => $" {field.Path}: {field.Message}"))}",
            response.StatusCode)
        {
            Code = problem?.Code,
            TraceId = problem?.TraceId,
            Errors = fields,
            RetryAfter = RetryAfter(response, now),
        };
    }

    private static ProblemAnswer? Problem(HttpResponseMessage response, byte[] answer)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return null;
        try
        {
            return JsonSerializer.Deserialize(answer, WireJson.Default.ProblemAnswer);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response, DateTimeOffset now)
    {
        var wish = response.Headers.RetryAfter;
        var pause = wish?.Delta ?? (wish?.Date is { } date ? date - now : null);
        return pause > LongestRetryAfter ? LongestRetryAfter : pause > TimeSpan.Zero ? pause : null;
    }
}
