using Laurel.Events.Catalog;
using Laurel.Events.Claims;
using Npgsql;

namespace Laurel.Events.Coupons;

/// <summary>A code, and where it stands in its lot.</summary>
internal sealed record DrawnCode(Guid Lot, long Number, string Code, DateTimeOffset? ExpiresAt);

/// <summary>
/// The codes that one batch of claims takes. From when it is asked for to the end of the transaction nobody else takes of these pools, so
/// whoever finds none knows that there are none; and what nobody has got goes back as if it had not been taken.
/// </summary>
internal sealed class CodeDraw(IReadOnlyList<Candidate> candidates)
{
    private Dictionary<string, Queue<DrawnCode>> _left = [];
    private readonly List<GivenCode> _given = [];
    private bool _isAsked;

    /// <summary>Asks for as many codes as the candidates could use.</summary>
    public void Ask(NpgsqlBatch batch, DateTimeOffset now)
    {
        var wanted = candidates.SelectMany(candidate => candidate.Payout.Pools)
            .GroupBy(one => one.Pool, StringComparer.Ordinal)
            .Select(ofPool => (Pool: ofPool.Key, Count: ofPool.Sum(one => (long)one.Count)))
            .ToList();
        _isAsked = wanted.Count > 0;
        if (!_isAsked)
            return;
        batch.BatchCommands.Add(CouponStore.Enter(wanted.ConvertAll(one => one.Pool)));
        batch.BatchCommands.Add(CouponStore.Take(wanted, now));
    }

    /// <summary>The result after the one that was read last, if it was asked for.</summary>
    public async Task Read(NpgsqlDataReader reader)
    {
        if (!_isAsked)
            return;
        await reader.NextResultAsync();
        _left = await CouponStore.ReadDrawn(reader);
    }

    public bool SufficeFor(Payout payout) => payout.Pools.All(one => _left.TryGetValue(one.Pool, out var codes) && codes.Count >= one.Count);

    /// <summary>The next codes are the candidate's. They are seen once the claim is granted: not by whoever waits for approval.</summary>
    public void Deal(Candidate candidate)
    {
        if (candidate.Payout.Codes.Count == 0)
            return;
        var contents = candidate.Claim.Contents.ToArray();
        foreach (var (place, pool) in candidate.Payout.Codes)
        {
            var code = _left[pool].Dequeue();
            _given.Add(new GivenCode(code.Lot, code.Number, candidate.Claim.Id, place));
            contents[place - 1] = (Coupon)contents[place - 1] with { Code = code.Code, ExpiresAt = code.ExpiresAt };
        }

        if (candidate.Claim.Status != ClaimStatus.Pending)
            candidate.Receives(contents);
    }

    /// <summary>Writes who has got which, and puts the others back.</summary>
    public void Settle(NpgsqlBatch batch, DateTimeOffset now)
    {
        if (_given.Count > 0)
            batch.BatchCommands.Add(CouponStore.Give(_given, now));
        var unused = _left.Values.SelectMany(codes => codes)
            .GroupBy(code => code.Lot)
            .Select(ofLot => (Lot: ofLot.Key, First: ofLot.Min(code => code.Number)))
            .ToList();
        if (unused.Count > 0)
            batch.BatchCommands.Add(CouponStore.PutBack(unused));
    }
}
