using Laurel.Auth.Accounts;
using Laurel.Auth.Keys;
using Laurel.Auth.Logins;
using Laurel.Auth.Passwords;
using Laurel.Auth.Registry;
using Laurel.Auth.ServiceAccounts;
using Laurel.Auth.Sessions;
using Laurel.Platform;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Laurel.Platform.Tokens;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Laurel.Auth;

/// <summary>The auth service: accounts, sessions, tokens, service accounts.</summary>
public static class AuthSetup
{
    public const string Service = "auth";

    public static void AddAuth(this IServiceCollection services, NpgsqlDataSource database, AuthOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<PasswordHashing>();
        services.AddSingleton<RefreshTokens>();
        services.AddSingleton<SessionTokens>();
        services.AddSingleton<KeyRing>();
        services.AddOwning<KeyStore>(database);
        services.AddOwning<SessionStore>(database);
        services.AddOwning<Revocations>(database);
        services.AddOwning<Throttles>(database);
        services.AddOwning<AccountStore>(database);
        services.AddOwning<ServiceAccountStore>(database);
        services.AddOwning<LoginHistory>(database);
        services.AddOwning<LoginActivities>(database);
        services.AddOwning<Erasures>(database);
        services.AddOwning<ServiceStore>(database);
        services.AddSingleton<EventsService>();
        services.AddOwning<Sweep>(database);
        services.AddOwning<Admins>(database);
        services.AddSingleton<DemoPlayers>();
        services.AddTokenVerification(
            AuthOptions.Issuer,
            AuthOptions.Audience,
            provider => provider.GetRequiredService<KeyRing>().Verifying,
            async (provider, cancellation) =>
            {
                await provider.GetRequiredService<Revocations>().Refresh(cancellation);
                await provider.GetRequiredService<KeyStore>().Load(cancellation);
            });
        services.AddSingleton(new ReadinessCheck("auth database", cancellation => database.Execute("SELECT 1", [], cancellation)));
        services.AddPeriodicWork("auth: logins", TimeSpan.FromSeconds(1), provider => provider.GetRequiredService<LoginHistory>().HandOn);
        services.AddPeriodicWork("auth: login activities", TimeSpan.FromSeconds(1), provider => provider.GetRequiredService<LoginActivities>().Report);
        services.AddPeriodicWork("auth: erasures", TimeSpan.FromSeconds(1), provider => provider.GetRequiredService<Erasures>().Report);
        services.AddPeriodicWork("auth: services", TimeSpan.FromMinutes(10), provider => provider.GetRequiredService<ServiceStore>().Sweep);
        services.AddPeriodicWork("auth: sweep", TimeSpan.FromMinutes(1), provider => provider.GetRequiredService<Sweep>().Run);
        services.AddAudit(Service, database);
        services.AddAuditWork(Service);
        services.AddOpenApiDocument("auth", "Laurel: auth", "Accounts, sessions, tokens, roles, service accounts.");
    }

    public static void MapAuth(this IEndpointRouteBuilder routes)
    {
        routes.MapSignUp();
        routes.MapSessions();
        routes.MapMe();
        routes.MapUsers();
        routes.MapServiceAccounts();
        routes.MapServiceTokens();
        routes.MapRevocations();
        routes.MapJwks();
        routes.MapServices();
        routes.MapAudit(Service, "/v1/auth/audit");
    }

    /// <summary>What has to be there before the first request is served.</summary>
    public static async Task StartAuth(this IServiceProvider provider, CancellationToken cancellation)
    {
        await provider.GetRequiredService<KeyStore>().Load(cancellation);
        await provider.GetRequiredService<Revocations>().Refresh(cancellation);
    }

    /// <summary>Each service has a database of its own, so a data source is handed to its owners, never found by its type.</summary>
    private static void AddOwning<T>(this IServiceCollection services, NpgsqlDataSource database) where T : class =>
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<T>(provider, database));
}
