using System.Text.Json.Serialization;
using Laurel.Platform.Http;

namespace Laurel.Events.Catalog;

/// <summary>One thing that a reward gives.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Points), "points")]
[JsonDerivedType(typeof(Item), "item")]
[JsonDerivedType(typeof(Coupon), "coupon")]
[JsonDerivedType(typeof(Badge), "badge")]
[JsonDerivedType(typeof(Custom), "custom")]
public abstract record Content;

/// <summary>Points for the user's wallet in Laurel.</summary>
public sealed record Points(long Amount) : Content;

/// <summary>So many of an item that the game knows by this id.</summary>
public sealed record Item(string ItemId, string Name, long Quantity) : Content;

/// <summary>A code out of a pool of them.</summary>
public sealed record Coupon(string Pool) : Content
{
    /// <summary>In a claim that was granted: the code. Staff sees its end alone.</summary>
    public string? Code { get; init; }

    /// <summary>In a claim that was granted: when the code is good no more. Absent where that is never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A badge that the game knows by this id.</summary>
public sealed record Badge(string BadgeId) : Content;

/// <summary>Whatever the game makes of it: handed over as it stands here.</summary>
public sealed record Custom(FreeForm Data) : Content;

/// <summary>The kinds of contents, to choose rewards by.</summary>
public enum ContentKind
{
    Points,
    Item,
    Coupon,
    Badge,
    Custom,
}
