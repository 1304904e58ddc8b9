using Microsoft.Extensions.Configuration;

namespace Laurel.Platform.Limits;

/// <summary>How much each may ask for (<c>Laurel:Limits</c>), checked once at start. A burst or a rate of 0 is no limit.</summary>
public sealed record LimitOptions
{
    private const int Most = 1_000_000;

    /// <summary>Nothing is limited.</summary>
    public static readonly LimitOptions None = new() { AccountBurst = 0, AddressBurst = 0, LoginBurst = 0, AtOnce = 0 };

    /// <summary>Requests that one account may send at once.</summary>
    public int AccountBurst { get; init; } = 100;

    public double AccountPerSecond { get; init; } = 20;

    /// <summary>Those of a service account. A game server speaks for all its players, and whoever runs Laurel knows it.</summary>
    public int ServiceBurst { get; init; }

    public double ServicePerSecond { get; init; }

    /// <summary>Requests from one address without a good token.</summary>
    public int AddressBurst { get; init; } = 200;

    public double AddressPerSecond { get; init; } = 50;

    /// <summary>Sign-ups, sign-ins and exchanges of tokens from one address: a carrier may have thousands of players behind one.</summary>
    public int LoginBurst { get; init; } = 100;

    public double LoginPerSecond { get; init; } = 10;

    /// <summary>Requests that each service works on at the same time; 0 for any number.</summary>
    public int AtOnce { get; init; } = 64 * Environment.ProcessorCount;

    public static LimitOptions Read(IConfiguration configuration)
    {
        LimitOptions options;
        try
        {
            options = configuration.GetSection("Laurel:Limits").Get<LimitOptions>() ?? new LimitOptions();
        }
        catch (InvalidOperationException exception)
        {
            throw new StartupException($"The settings Laurel__Limits cannot be read: {exception.Message}", exception);
        }

        int[] bursts = [options.AccountBurst, options.ServiceBurst, options.AddressBurst, options.LoginBurst];
        if (bursts.Any(burst => burst is < 0 or > Most))
            throw new StartupException($"A burst of Laurel__Limits must be from 0 (no limit) to {Most}.");
        double[] rates = [options.AccountPerSecond, options.ServicePerSecond, options.AddressPerSecond, options.LoginPerSecond];
        if (!rates.All(rate => rate is 0 or (>= 0.001 and <= Most)))
            throw new StartupException($"A rate of Laurel__Limits must be 0 (no limit) or from 0.001 to {Most} a second.");
        if (options.AtOnce is < 0 or > Most)
            throw new StartupException($"Laurel__Limits__AtOnce must be from 0 (any number) to {Most}.");
        return options;
    }
}
