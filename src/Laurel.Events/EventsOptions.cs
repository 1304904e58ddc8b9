using Laurel.Events.Claims;
using Laurel.Platform;
using Microsoft.Extensions.Configuration;

namespace Laurel.Events;

/// <summary>The settings of the events service (<c>Laurel:Events</c>), checked once at start.</summary>
public sealed record EventsOptions
{
    /// <summary>How many days activities are kept at least, also those that no event needs any more.</summary>
    public int KeepDays { get; init; } = 90;

    /// <summary>How many rows of progress a process may hold in memory, to fold into them without reading them first.</summary>
    public int RowsInMemory { get; init; } = 400_000;

    /// <summary>What of claims can be set.</summary>
    public ClaimsOptions Claims { get; init; } = new();

    /// <summary>Whether webhooks may call this very machine, by http too (<c>Laurel:Webhooks:AllowLoopback</c>): for development.</summary>
    public bool AllowLoopbackWebhooks { get; init; }

    public static EventsOptions Read(IConfiguration configuration)
    {
        EventsOptions options;
        try
        {
            options = (configuration.GetSection("Laurel:Events").Get<EventsOptions>() ?? new EventsOptions()) with
            {
                AllowLoopbackWebhooks = configuration.GetValue("Laurel:Webhooks:AllowLoopback", false),
            };
        }
        catch (InvalidOperationException exception)
        {
            throw new StartupException($"The settings Laurel__Events and Laurel__Webhooks cannot be read: {exception.Message}", exception);
        }

        if (options.KeepDays is < 14 or > 36_500)
            throw new StartupException("Laurel__Events__KeepDays must be from 14 to 36500.");
        if (options.RowsInMemory < 0)
            throw new StartupException("Laurel__Events__RowsInMemory must not be negative.");
        return options with { Claims = ClaimsOptions.Read(configuration) };
    }
}
