namespace Laurel.Gateway.Proxying;

/// <summary>How long the gateway waits for what.</summary>
internal static class Patience
{
    /// <summary>Longer than a service waits for its database, so that whoever knows more answers first.</summary>
    public static readonly TimeSpan ForAnswer = TimeSpan.FromSeconds(15);

    /// <summary>Where another address can be asked instead without harm.</summary>
    public static readonly TimeSpan ForFirstOfSeveral = TimeSpan.FromSeconds(4);

    public static readonly TimeSpan ToConnect = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan BetweenProbes = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan ForProbe = TimeSpan.FromSeconds(3);

    /// <summary>After so long an address that failed is tried again.</summary>
    public static readonly TimeSpan OfBreaker = TimeSpan.FromSeconds(2);
}
