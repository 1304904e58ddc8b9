namespace Laurel.Client;

/// <summary>A service that is to stand behind Laurel's gateway, and this process of it.</summary>
public sealed record ServiceOptions
{
    /// <summary>Its name, such as <c>leaderboards</c>; the same for all its processes.</summary>
    public required string Name { get; init; }

    /// <summary>Below which all that it serves stands, such as <c>/leaderboards</c>.</summary>
    public required string Prefix { get; init; }

    /// <summary>Where gateways reach this process, such as <c>http://10.0.0.7:5090</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>What answers 200 when this process can serve; it is asked once a second.</summary>
    public string HealthPath { get; init; } = "/health/ready";

    /// <summary>
    /// What it serves, and to whom: the gateway refuses all else. Read when the registration starts. Null: all below the prefix, to
    /// everybody who is signed in.
    /// </summary>
    public IReadOnlyList<ServiceRoute>? Routes { get; init; }

    /// <summary>How long a stop waits after the registry was told, so that gateways, which look once a second, send nothing more.</summary>
    public TimeSpan DrainFor { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Called when this process cannot be registered, or no longer, and again when there is another reason: to be logged. It is tried again
    /// for ever. What is thrown here is lost.
    /// </summary>
    public Action<LaurelException>? OnTrouble { get; init; }

    /// <summary>Called when this process is registered for the first time, and for the first time after a trouble. As lost.</summary>
    public Action? OnRegistered { get; init; }

    /// <summary>What is wrong with them; null where nothing is. What only Laurel knows it says itself.</summary>
    internal string? Flaw() => this switch
    {
        { Name: null or "" } => "Name is such as leaderboards.",
        not { Prefix: ['/', _, ..] } => $"Prefix is such as /leaderboards, not '{Prefix}'.",
        not { Address: { IsAbsoluteUri: true, Scheme: "http" or "https", PathAndQuery: "/" } } => $"Address is such as http://10.0.0.7:5090, not '{Address}'.",
        not { HealthPath: ['/', ..] } => $"HealthPath is such as /health/ready, not '{HealthPath}'.",
        _ when DrainFor < TimeSpan.Zero => "DrainFor is not negative.",
        _ => null,
    };
}

/// <summary>What a service serves, and who may call it.</summary>
/// <param name="Method">One HTTP method, such as <c>GET</c>.</param>
/// <param name="Path">From the prefix on: <c>/leaderboards/{board}</c>, with <c>{id:guid}</c>, <c>{page:int}</c>, and <c>{**rest}</c> at the end.</param>
/// <param name="Roles">Of people: <c>USER</c>, <c>OPERATOR</c>, <c>AUDITOR</c>. An <c>ADMIN</c> may call everything.</param>
public sealed record ServiceRoute(string Method, string Path, params IReadOnlyList<string> Roles)
{
    /// <summary>Of service accounts: one of these is needed.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>No token is needed, and who calls is not told.</summary>
    public bool Anyone { get; init; }

    /// <summary>How large a body may be; as large as any unless told.</summary>
    public long? MaxBodyBytes { get; init; }
}

/// <summary>Who calls, as a gateway has verified.</summary>
/// <param name="Id">The user's id; of a service account, its own.</param>
/// <param name="Role"><c>USER</c>, <c>OPERATOR</c>, <c>AUDITOR</c>, <c>ADMIN</c>; <c>SERVICE</c> for a service account.</param>
public sealed record VerifiedUser(string Id, string Role)
{
    /// <summary>Whether they may do what this role may; an <c>ADMIN</c> may do everything.</summary>
    public bool Has(string role) => Role == role || Role == "ADMIN";
}
