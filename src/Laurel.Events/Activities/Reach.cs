using System.Runtime.InteropServices;
using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Npgsql;

namespace Laurel.Events.Activities;

/// <summary>Which windows can be folded anew from the stored activities.</summary>
/// <param name="Horizon">From when on every activity is still stored; null where none was ever dropped.</param>
/// <param name="Now">The time.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Reach(DateTimeOffset? Horizon, DateTimeOffset Now)
{
    /// <summary>How long after its end a window is needed: to claim in, and for activities that are reported late.</summary>
    public static TimeSpan NeededFor(RunningEvent one) => NeededFor(one.ClaimWithin);

    public static TimeSpan NeededFor(TimeSpan claimWithin) => claimWithin > Generations.Length ? claimWithin : Generations.Length;

    /// <summary>As it is for as long as the transaction holds the fence.</summary>
    public static async Task<Reach> Read(NpgsqlTransaction transaction, DateTimeOffset now, CancellationToken cancellation)
    {
        var horizon = await transaction.Query(Generations.HorizonStatement, row => row.Time(0), [Intake.Ahead], cancellation);
        return new Reach(horizon is [var since] ? since : null, now);
    }

    /// <summary>
    /// Whether all of it is stored; or it is needed, so that nothing was dropped since the event is known: what is stored is all that
    /// its progress has ever been made of, also where the event was activated long after its start.
    /// </summary>
    public bool Includes(RunningEvent on, Window window) => Horizon is not { } horizon || window.Start >= horizon || Now - window.End < NeededFor(on);

    /// <summary>
    /// Whether the windows that are still needed are stored from their start. Where none is needed, the whole period has to be.
    /// </summary>
    public bool IncludesAllNeeded(Calendar calendar, DateTimeOffset startsAt, TimeSpan neededFor)
    {
        if (Horizon is not { } horizon)
            return true;
        var oldest = calendar.WindowsBetween(Now - neededFor, DateTimeOffset.MaxValue).Select(window => (DateTimeOffset?)window.Start).FirstOrDefault();
        return (oldest ?? startsAt) >= horizon;
    }
}
