using Laurel.Platform.Tokens;
using Microsoft.Extensions.Configuration;

namespace Laurel.Platform.Issuers;

/// <summary>One identity provider of the company's own, whose tokens are believed as far as whose they are (<c>Laurel:Issuers</c>).</summary>
public sealed record IssuerSettings
{
    public const int MaxPrefix = 32;

    /// <summary>
    /// None of them is part of any spelling of a UUID, so that no prefixed id can be an account's; and none would have to be written
    /// otherwise in an address.
    /// </summary>
    private const string Separators = ":|._";

    /// <summary>As its tokens name it (<c>iss</c>), to the letter.</summary>
    public required string Issuer { get; init; }

    /// <summary>Where its keys are published; null where they lie in a file.</summary>
    public Uri? Address { get; init; }

    public string? File { get; init; }

    /// <summary>What tokens must be made for (<c>aud</c>).</summary>
    public required string Audience { get; init; }

    public required string UserIdClaim { get; init; }

    /// <summary>What its users' ids begin with here, and nobody else's.</summary>
    public required string Prefix { get; init; }

    /// <exception cref="StartupException">One of them cannot be trusted as it is configured.</exception>
    public static IReadOnlyList<IssuerSettings> Read(IConfiguration configuration)
    {
        List<IssuerSettings> issuers = [];
        foreach (var section in configuration.GetSection("Laurel:Issuers").GetChildren())
        {
            var issuer = Read(section);
            if (issuers.Any(other => other.Issuer == issuer.Issuer))
                throw Refused(section, "Issuer", $"names {issuer.Issuer}, which another one has named already.");
            if (issuers.FirstOrDefault(other => Overlap(other.Prefix, issuer.Prefix)) is { } taken)
                throw Refused(section, "Prefix", $"is '{issuer.Prefix}', but users of {taken.Issuer} have '{taken.Prefix}': neither may begin with the other.");
            issuers.Add(issuer);
        }

        return issuers;
    }

    private static IssuerSettings Read(IConfigurationSection section)
    {
        var issuer = Required(section, "Issuer");
        if (issuer.Equals(AccessTokens.Issuer, StringComparison.OrdinalIgnoreCase))
            throw Refused(section, "Issuer", $"is '{issuer}', which is the name of Laurel's own tokens.");

        var jwks = Required(section, "Jwks");
        var address = Uri.TryCreate(jwks, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" ? url : null;
        if (address is null && jwks.Contains("://", StringComparison.Ordinal))
            throw Refused(section, "Jwks", "must be an address such as https://id.example.com/jwks.json, or the path of a file.");

        return new IssuerSettings
        {
            Issuer = issuer,
            Address = address,
            File = address is null ? Path.GetFullPath(jwks) : null,
            Audience = Required(section, "Audience"),
            UserIdClaim = section["UserIdClaim"] is { } claim && !string.IsNullOrWhiteSpace(claim) ? claim : "sub",
            Prefix = Required(section, "Prefix") is var prefix && IsPrefix(prefix)
                ? prefix
                : throw Refused(section, "Prefix", $"must be 1 to {MaxPrefix} visible ASCII characters that end with one of {string.Join(' ', Separators.AsEnumerable())}"),
        };
    }

    private static bool IsPrefix(string text) =>
        text.Length is > 0 and <= MaxPrefix && Separators.Contains(text[^1], StringComparison.Ordinal) && text.All(TrustedIssuer.IsVisibleAscii);

    private static bool Overlap(string one, string other) =>
        one.StartsWith(other, StringComparison.Ordinal) || other.StartsWith(one, StringComparison.Ordinal);

    private static string Required(IConfigurationSection section, string name) =>
        section[name] is { } value && !string.IsNullOrWhiteSpace(value) ? value : throw Refused(section, name, "is missing.");

    private static StartupException Refused(IConfigurationSection section, string name, string reason) =>
        new($"The setting Laurel__Issuers__{section.Key}__{name} {reason}");
}
