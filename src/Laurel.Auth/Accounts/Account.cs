using Laurel.Platform.Access;

namespace Laurel.Auth.Accounts;

/// <summary>An account as its owner sees it.</summary>
public sealed record Account(
    AccountId Id,
    string Email,
    string Nickname,
    Role Role,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastLoginAt = null);

/// <summary>An account as an ADMIN sees it. Of a deleted one only the id, the role and the times are left.</summary>
public sealed record UserView(
    AccountId Id,
    string? Email,
    string? Nickname,
    Role Role,
    bool Active,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastLoginAt,
    DateTimeOffset? LastLogoutAt,
    DateTimeOffset? ErasedAt);

public sealed record LoginView(Guid Id, DateTimeOffset At, string? Address, string? UserAgent);
