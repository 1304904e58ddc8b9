using Laurel.Platform.Issuers;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Platform.Tokens;

public static class TokenVerification
{
    /// <summary>Verifies access tokens by keys that change while the process runs.</summary>
    /// <param name="services">Of the process.</param>
    /// <param name="issuer">Whose tokens they are.</param>
    /// <param name="audience">For whom they are.</param>
    /// <param name="keys">The keys of this moment.</param>
    /// <param name="look">Looks at the keys again; done once a second.</param>
    public static void AddTokenVerification(
        this IServiceCollection services, string issuer, string audience, Func<IServiceProvider, KeySet> keys, Func<IServiceProvider, CancellationToken, Task> look)
    {
        services.AddSingleton<NextLook>();
        services.AddSingleton(provider => new TokenVerifier(
            issuer, audience, () => keys(provider), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<TrustedIssuers>(),
            provider.GetRequiredService<NextLook>()));
        services.AddPeriodicWork("keys and revocations", TimeSpan.FromSeconds(1), provider => cancellation =>
            provider.GetRequiredService<NextLook>().Look(() => look(provider, cancellation)));
    }
}
