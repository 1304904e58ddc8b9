using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Platform.Limits;

internal static class LimitsSetup
{
    /// <param name="services">Of the process.</param>
    /// <param name="options">As configured.</param>
    /// <param name="facesClients">Whether who sends too much is counted here. How much is worked on at once is bounded in every process.</param>
    public static void AddLimits(this IServiceCollection services, LimitOptions options, bool facesClients)
    {
        services.AddSingleton(provider => new LimitMeters(provider.GetRequiredService<IMeterFactory>()));
        services.AddSingleton(provider => new RequestLimits(
            facesClients ? options : LimitOptions.None, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<LimitMeters>()));
        services.AddSingleton(provider => new AdmissionLines(
            options.AtOnce, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<LimitMeters>()));
    }
}
