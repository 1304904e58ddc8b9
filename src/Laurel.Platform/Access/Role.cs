using System.Text.Json.Serialization;

namespace Laurel.Platform.Access;

/// <summary>What a person may do. Everybody has one role; sign-up makes a USER, only an ADMIN gives another.</summary>
public enum Role
{
    [JsonStringEnumMemberName("USER")] User,
    [JsonStringEnumMemberName("OPERATOR")] Operator,
    [JsonStringEnumMemberName("AUDITOR")] Auditor,
    [JsonStringEnumMemberName("ADMIN")] Admin,
}

/// <summary>What a service account may do.</summary>
public static class Scopes
{
    public const string ActivitiesWrite = "activities:write";
    public const string DeliveriesWrite = "deliveries:write";
    public const string PointsWrite = "points:write";

    /// <summary>For Laurel's own services: which sessions have ended before their tokens expire.</summary>
    public const string RevocationsRead = "revocations:read";

    public static readonly IReadOnlyList<string> All = [ActivitiesWrite, DeliveriesWrite, PointsWrite, RevocationsRead];
}
