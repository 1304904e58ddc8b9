using System.Text.Json.Serialization;

namespace Laurel.Client;

/// <summary>OAuth's names, not Laurel's.</summary>
internal sealed record TokenAnswer(
    [property: JsonPropertyName("access_token")] string AccessToken,
    [property: JsonPropertyName("expires_in")] int ExpiresIn);

internal sealed record ProblemAnswer(
    string? Title = null, string? Detail = null, string? Code = null, string? TraceId = null, IReadOnlyList<LaurelFieldError>? Errors = null);

internal sealed record ActivitiesAnswer(IReadOnlyList<ActivityResult> Results);

internal sealed record PendingAnswer(IReadOnlyList<Delivery> Items);

internal sealed record AckBody(Guid Lease);

internal sealed record FailBody(Guid Lease, string Reason, bool Permanent);

internal sealed record PointsBody(string UserId, long Amount, string? Reason = null);

internal sealed record ReversalBody(string? Reason = null);

/// <summary>
/// What is on the wire, known when this is compiled. Fields that this version does not know are passed over: Laurel may be newer.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(ProblemAnswer))]
[JsonSerializable(typeof(ActivityReport))]
[JsonSerializable(typeof(ActivitiesAnswer))]
[JsonSerializable(typeof(PendingAnswer))]
[JsonSerializable(typeof(DeliveryState))]
[JsonSerializable(typeof(WebhookBody))]
[JsonSerializable(typeof(WebhookData))]
[JsonSerializable(typeof(AckBody))]
[JsonSerializable(typeof(FailBody))]
[JsonSerializable(typeof(PointsBody))]
[JsonSerializable(typeof(ReversalBody))]
[JsonSerializable(typeof(PointsTransfer))]
internal sealed partial class WireJson : JsonSerializerContext;
