using System.Text.Json.Serialization;
using Laurel.Platform.Http;

namespace Laurel.Events;

[JsonConverter(typeof(IdConverter<EventId>))]
public readonly record struct EventId(Guid Value) : IId<EventId>
{
    public static EventId Of(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[JsonConverter(typeof(IdConverter<OfferId>))]
public readonly record struct OfferId(Guid Value) : IId<OfferId>
{
    public static OfferId Of(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[JsonConverter(typeof(IdConverter<RewardId>))]
public readonly record struct RewardId(Guid Value) : IId<RewardId>
{
    public static RewardId Of(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[JsonConverter(typeof(IdConverter<JobId>))]
public readonly record struct JobId(Guid Value) : IId<JobId>
{
    public static JobId Of(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[JsonConverter(typeof(IdConverter<ClaimId>))]
public readonly record struct ClaimId(Guid Value) : IId<ClaimId>
{
    public static ClaimId Of(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[JsonConverter(typeof(IdConverter<TransferId>))]
public readonly record struct TransferId(Guid Value) : IId<TransferId>
{
    public static TransferId Of(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[JsonConverter(typeof(IdConverter<WebhookId>))]
public readonly record struct WebhookId(Guid Value) : IId<WebhookId>
{
    public static WebhookId Of(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[JsonConverter(typeof(IdConverter<DeliveryId>))]
public readonly record struct DeliveryId(Guid Value) : IId<DeliveryId>
{
    public static DeliveryId Of(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}
