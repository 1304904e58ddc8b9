using System.Text.Json.Serialization;
using Laurel.Platform.Http;

namespace Laurel.Events.Catalog;

/// <summary>One thing that a reward gives.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(PointsContent), "points")]
[JsonDerivedType(typeof(ItemContent), "item")]
[JsonDerivedType(typeof(CouponContent), "coupon")]
[JsonDerivedType(typeof(BadgeContent), "badge")]
[JsonDerivedType(typeof(CustomContent), "custom")]
public abstract record Content;

/// <summary>Points for the user's wallet in Laurel.</summary>
public sealed record PointsContent(long Amount) : Content;

/// <summary>So many of an item that the game knows by this id.</summary>
public sealed record ItemContent(string ItemId, string Name, long Quantity) : Content;

/// <summary>A code out of a pool of them.</summary>
public sealed record CouponContent(string Pool) : Content;

/// <summary>A badge that the game knows by this id.</summary>
public sealed record BadgeContent(string BadgeId) : Content;

/// <summary>Whatever the game makes of it: handed over as it stands here.</summary>
public sealed record CustomContent(FreeForm Data) : Content;

/// <summary>The kinds of contents, to choose rewards by.</summary>
public enum ContentKind
{
    Points,
    Item,
    Coupon,
    Badge,
    Custom,
}
