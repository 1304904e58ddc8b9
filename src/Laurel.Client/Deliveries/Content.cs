using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laurel.Client;

/// <summary>One thing that a reward gives.</summary>
[JsonConverter(typeof(ContentConverter))]
public abstract record Content;

/// <summary>Points. They are in the user's wallet in Laurel already: nothing is to be handed over.</summary>
public sealed record PointsContent(long Amount) : Content;

/// <summary>So many of an item that the game knows by this id.</summary>
public sealed record ItemContent(string ItemId, string Name, long Quantity) : Content;

/// <summary>A code out of a pool of them.</summary>
public sealed record CouponContent(string Pool, string? Code = null) : Content;

/// <summary>A badge that the game knows by this id.</summary>
public sealed record BadgeContent(string BadgeId) : Content;

/// <summary>Whatever the game makes of it.</summary>
public sealed record CustomContent(JsonElement Data) : Content;

/// <summary>A kind of content that this version of the client does not know.</summary>
/// <param name="Type">What Laurel calls it.</param>
/// <param name="Json">All of it.</param>
public sealed record UnknownContent(string Type, JsonElement Json) : Content;

internal sealed class ContentConverter : JsonConverter<Content>
{
    public override Content Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var json = JsonElement.ParseValue(ref reader);
        try
        {
            return json.GetProperty("type").GetString() switch
            {
                "points" => new PointsContent(json.GetProperty("amount").GetInt64()),
                "item" => new ItemContent(Text(json, "itemId"), Text(json, "name"), json.GetProperty("quantity").GetInt64()),
                "coupon" => new CouponContent(Text(json, "pool"), json.TryGetProperty("code", out var code) ? code.GetString() : null),
                "badge" => new BadgeContent(Text(json, "badgeId")),
                "custom" => new CustomContent(json.GetProperty("data")),
                { } type => new UnknownContent(type, json),
                null => throw new JsonException("A content without a type."),
            };
        }
        catch (Exception unlike) when (unlike is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JsonException("This is no content of a reward.", unlike);
        }
    }

    public override void Write(Utf8JsonWriter writer, Content value, JsonSerializerOptions options) => throw new NotSupportedException();

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? throw new JsonException($"{name} is null.");
}
