namespace Laurel.Platform.Tokens;

/// <summary>How long access tokens live, as the one who signs, the ones who verify and the ones who remember endings agree on it.</summary>
public static class AccessTokens
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>The lifetime and the clocks' skew on both sides.</summary>
    public static readonly TimeSpan LongestLife = Lifetime + TimeSpan.FromMinutes(1);
}
