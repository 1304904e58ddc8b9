using Laurel.Platform;
using Laurel.Platform.Tokens;
using Microsoft.Extensions.Configuration;

namespace Laurel.Auth;

/// <summary>The settings of the auth service (<c>Laurel:Auth</c>), checked once at start.</summary>
public sealed record AuthOptions
{
    public const string Issuer = AccessTokens.Issuer;
    public const string Audience = "laurel";

    public const int SafePasswordIterations = 210_000;

    /// <summary>Sign-ups of one address in an hour.</summary>
    public int SignUpsPerHour { get; init; } = 200;

    /// <summary>Logins and sign-ups that may wait for the password hash. One takes about an eighth of a second of a core.</summary>
    public int PasswordQueue { get; init; } = 200;

    public int PasswordIterations { get; init; } = SafePasswordIterations;

    /// <summary>Where logins are reported as activities; without it, where the processes of events say that they are, else where this process itself listens.</summary>
    public Uri? EventsUrl { get; init; }

    public static AuthOptions Read(IConfiguration configuration, bool production)
    {
        AuthOptions options;
        try
        {
            options = configuration.GetSection("Laurel:Auth").Get<AuthOptions>() ?? new AuthOptions();
        }
        catch (InvalidOperationException exception)
        {
            throw new StartupException($"The settings Laurel__Auth cannot be read: {exception.Message}", exception);
        }

        if (options.SignUpsPerHour < 1 || options.PasswordQueue < 1)
            throw new StartupException("Laurel__Auth__SignUpsPerHour and Laurel__Auth__PasswordQueue must be at least 1.");
        if (options.PasswordIterations < (production ? SafePasswordIterations : 1))
            throw new StartupException($"Laurel__Auth__PasswordIterations must be at least {SafePasswordIterations} in production.");
        if (options.EventsUrl is { } url && (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https")))
            throw new StartupException("Laurel__Auth__EventsUrl must be an address such as http://events:8080.");
        return options;
    }
}
