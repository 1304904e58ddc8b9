using System.Text.Json.Serialization;
using Laurel.Platform.Http;

namespace Laurel.Auth;

[JsonConverter(typeof(IdConverter<AccountId>))]
public readonly record struct AccountId(Guid Value) : IId<AccountId>
{
    public static AccountId Of(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[JsonConverter(typeof(IdConverter<SessionId>))]
public readonly record struct SessionId(Guid Value) : IId<SessionId>
{
    public static SessionId Of(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}

[JsonConverter(typeof(IdConverter<ServiceAccountId>))]
public readonly record struct ServiceAccountId(Guid Value) : IId<ServiceAccountId>
{
    public static ServiceAccountId Of(Guid value) => new(value);
    public override string ToString() => Value.ToString();
}
