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

    /// <summary>For whoever keeps the accounts: what tells of a user is erased.</summary>
    public const string UsersErase = "users:erase";

    /// <summary>For Laurel's own services: which sessions have ended before their tokens expire.</summary>
    public const string RevocationsRead = "revocations:read";

    /// <summary>For services that stand behind the gateway: they tell it where they are and what they serve.</summary>
    public const string ServicesRegister = "services:register";

    /// <summary>For gateways: which services there are.</summary>
    public const string ServicesRead = "services:read";

    /// <summary>What service accounts may be given.</summary>
    public static readonly IReadOnlyList<string> All = [ActivitiesWrite, DeliveriesWrite, PointsWrite, UsersErase, RevocationsRead, ServicesRegister];

    /// <summary>What Laurel's own processes may do at one another.</summary>
    internal static readonly IReadOnlyList<string> OfCluster = [RevocationsRead, ServicesRegister, ServicesRead];
}
