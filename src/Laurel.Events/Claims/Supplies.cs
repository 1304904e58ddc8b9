using Laurel.Events.Coupons;
using Npgsql;

namespace Laurel.Events.Claims;

/// <summary>How much is left of what there is an end of, as of what is committed: units of stock, and codes in pools.</summary>
internal sealed class Supplies
{
    private readonly Dictionary<Guid, long> _units = [];
    private readonly Dictionary<string, long> _codes = new(StringComparer.Ordinal);
    private bool _asksForCodes;

    /// <summary>How often it can be given; null where there is no end of it.</summary>
    public long? LeftOf(Payout payout) =>
        payout.StockOwners().Select(owner => (long?)_units.GetValueOrDefault(owner))
            .Concat(payout.Pools.Select(one => (long?)(_codes.GetValueOrDefault(one.Pool) / one.Count)))
            .Min();

    /// <summary>Asks for all that these give, in one result or two.</summary>
    public void Ask(NpgsqlBatch batch, IReadOnlyCollection<Payout> payouts, DateTimeOffset now)
    {
        batch.BatchCommands.Add(Stocks.Free(payouts.SelectMany(payout => payout.StockOwners()).ToHashSet()));
        var pools = payouts.SelectMany(payout => payout.Pools).Select(one => one.Pool).ToHashSet(StringComparer.Ordinal);
        _asksForCodes = pools.Count > 0;
        if (_asksForCodes)
            batch.BatchCommands.Add(CouponStore.Free(pools, now));
    }

    /// <summary>From the first of the results that were asked for to the last.</summary>
    public async Task Read(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync())
            _units[reader.GetGuid(0)] = reader.GetInt64(1);
        if (!_asksForCodes)
            return;
        await reader.NextResultAsync();
        while (await reader.ReadAsync())
            _codes[reader.GetString(0)] = reader.GetInt64(1);
    }
}
