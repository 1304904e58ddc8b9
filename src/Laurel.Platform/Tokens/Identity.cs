using System.Collections.Immutable;

namespace Laurel.Platform.Tokens;

/// <summary>Whom an access token speaks for: a person in one session, or a service account.</summary>
public sealed record Identity
{
    public required string Subject { get; init; }

    /// <summary>The trusted issuer whose user it is; null where the token is our own. Such a token gives a user id and nothing else.</summary>
    public string? Issuer { get; init; }

    /// <summary>Null for a service account, which has scopes instead.</summary>
    public string? Role { get; init; }

    public ImmutableArray<string> Scopes { get; init; } = [];

    /// <summary>The session that the token was made for (<c>sid</c>). Whoever ends the session refuses its tokens by this id.</summary>
    public string? SessionId { get; init; }

    /// <summary>Whole seconds, as the wire has no finer ones.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}
