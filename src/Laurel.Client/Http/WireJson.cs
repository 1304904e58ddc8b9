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

internal sealed record ServiceBody(string Address, string Prefix, string HealthPath, bool IdentityHeaders, IReadOnlyList<ServiceRoute>? Routes = null);

internal sealed record LeaseAnswer(int RenewAfterSeconds, string IdentityKey)
{
    public TimeSpan RenewAfter => TimeSpan.FromSeconds(Math.Clamp(RenewAfterSeconds, 1, 60));

    public byte[] Key()
    {
        var key = new byte[IdentityKey.Length];
        return Convert.TryFromBase64String(IdentityKey, key, out var length) && length > 0
            ? key[..length]
            : throw new LaurelException("The key by which gateways sign who calls is no base64.", null);
    }
}

/// <summary>204.</summary>
internal sealed record NoAnswer
{
    public static readonly NoAnswer Instance = new();
}

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
[JsonSerializable(typeof(ServiceBody))]
[JsonSerializable(typeof(LeaseAnswer))]
[JsonSerializable(typeof(NoAnswer))]
internal sealed partial class WireJson : JsonSerializerContext;
