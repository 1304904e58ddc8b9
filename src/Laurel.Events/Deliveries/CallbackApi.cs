using System.Globalization;
using Laurel.Events.Catalog;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Deliveries;

/// <summary>What became of a delivery that was answered with 202.</summary>
/// <param name="Outcome">Whether it was handed over.</param>
/// <param name="Reason">Why it was not, for operators.</param>
/// <param name="Permanent">Whether it never will be: then the claim fails, and its stock and points go back.</param>
public sealed record CallbackRequest(CallbackOutcome Outcome, string? Reason = null, bool Permanent = false);

public enum CallbackOutcome
{
    /// <summary>It is handed over.</summary>
    Ack,

    /// <summary>It is not.</summary>
    Fail,
}

/// <summary>
/// For games whose endpoint has the webhook's secret and no account: they call back as they were called, with a signature. It is made
/// over the delivery's own id, so what was said of one delivery cannot be said again of another.
/// </summary>
internal static class CallbackApi
{
    private const int MaxReason = 500;

    /// <summary>Before anybody is known, little is read and little is reckoned.</summary>
    private const int MaxBytes = 16 * 1024;

    public static void MapCallbacks(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/v1/deliveries").WithGroupName("events").WithTags("deliveries").AllowAnyone().Limited(LimitKind.BySignature)
            .MapPost("/{id:guid}/callback", CallBack)
            .WithMetadata(new RequestSizeLimitAttribute(MaxBytes))
            .WithSummary("Say what became of a delivery, signed with the webhook's secret")
            .WithDescription(
                """
                After an answer of 202, by whoever has no service account. It carries the headers of Standard Webhooks: `webhook-id` (the
                delivery's id), `webhook-timestamp` (not more than five minutes off) and `webhook-signature`. Said twice it is answered the
                same.
                """)
            .Answers(
                Errors.NotFound, Errors.RuleBroken, EventsErrors.InvalidSignature, EventsErrors.DeliveryDecided, EventsErrors.DeliveryLeased,
                EventsErrors.InsufficientPoints);

    private static async Task<Results<Ok<DeliveryAnswer>, Problem>> CallBack(
        Guid id, SignedBody<CallbackRequest> body, HttpRequest request, EventCatalog catalog, Signing signing, DeliveryDesk desk, TimeProvider time,
        CancellationToken cancellation)
    {
        if (Signer(new DeliveryId(id), body.Bytes, request.Headers, catalog, signing, time.GetUtcNow()) is not { } signer)
            return new Problem(EventsErrors.InvalidSignature);
        var (outcome, reason, permanent) = body.Read();
        if (reason is not null && TextRules.Prose("reason", reason, MaxReason) is { } broken)
            return Problem.Rules([broken]);

        var kind = outcome == CallbackOutcome.Ack ? WordKind.Ack : permanent ? WordKind.Refuse : WordKind.Fail;
        var (heard, delivery) = await desk.Hear(
            new DeliveryId(id), new GameWord(kind, Lease: null, $"webhook {signer.Id}", reason) { Signer = signer.Queue }, cancellation);
        return DeliveryAnswers.Refused(heard, delivery) is { } problem ? problem : TypedResults.Ok(DeliveryAnswers.Done(delivery!));
    }

    private static Webhook? Signer(
        DeliveryId id, ReadOnlySpan<byte> body, IHeaderDictionary headers, EventCatalog catalog, Signing signing, DateTimeOffset now)
    {
        if (headers["webhook-id"] is not [{ } message] || message != id.ToString()
            || headers["webhook-timestamp"] is not [{ } at] || !long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var timestamp)
            || Math.Abs((decimal)timestamp - now.ToUnixTimeSeconds()) > (decimal)Signing.Tolerance.TotalSeconds
            || headers["webhook-signature"] is not [{ Length: <= Signing.MaxSignatures } signatures])
        {
            return null;
        }

        foreach (var webhook in catalog.Current.Webhooks)
        {
            if (Signing.Verifies(signing.Keys(webhook.Secrets, now), message, timestamp, body, signatures))
                return webhook;
        }

        return null;
    }
}
