using Laurel.Events.Catalog;
using Laurel.Platform;
using Microsoft.Extensions.Configuration;

namespace Laurel.Events.Claims;

/// <summary>The settings of claims (<c>Laurel:Claims</c>), checked once at start.</summary>
public sealed record ClaimsOptions
{
    /// <summary>How many points one operator may grant by hand; of more a second one has to approve.</summary>
    public long ApproveGrantsAbove { get; init; } = 10_000;

    /// <summary>Whether a second operator has to approve all grants by hand of anything but points, whose worth Laurel does not know.</summary>
    public bool ApproveOtherGrants { get; init; } = true;

    public static ClaimsOptions Read(IConfiguration configuration)
    {
        ClaimsOptions options;
        try
        {
            options = configuration.GetSection("Laurel:Claims").Get<ClaimsOptions>() ?? new ClaimsOptions();
        }
        catch (InvalidOperationException exception)
        {
            throw new StartupException($"The settings Laurel__Claims cannot be read: {exception.Message}", exception);
        }

        if (options.ApproveGrantsAbove is < 0 or > RewardRules.MaxNumber)
            throw new StartupException($"Laurel__Claims__ApproveGrantsAbove must be from 0 to {RewardRules.MaxNumber}.");
        return options;
    }

    /// <summary>Whether somebody else has to approve a grant of this by hand.</summary>
    internal bool NeedsSecond(Reward reward) =>
        reward.Contents.OfType<Points>().Sum(points => points.Amount) > ApproveGrantsAbove
        || (ApproveOtherGrants && reward.Contents.Any(content => content is not Points));
}
