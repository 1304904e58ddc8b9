namespace Laurel.Platform.Tokens;

/// <summary>Whose access tokens are, and how long they live, as the one who signs, the ones who verify and the ones who remember endings agree on it.</summary>
public static class AccessTokens
{
    public const string Issuer = "laurel";

    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>The lifetime and the clocks' skew on both sides.</summary>
    public static readonly TimeSpan LongestLife = Lifetime + TimeSpan.FromMinutes(1);
}
