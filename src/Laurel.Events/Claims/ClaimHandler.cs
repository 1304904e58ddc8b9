using Laurel.Events.Catalog;
using Laurel.Events.Coupons;
using Laurel.Events.Deliveries;
using Laurel.Events.Progress;
using Laurel.Events.Wallet;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Claims;

/// <summary>One transaction of claims: judges what many users want, and pays those who are first.</summary>
internal sealed class ClaimHandler(EventCatalog catalog, ClaimsOptions options, DeliveryBell bell, TimeProvider time, ILogger log)
    : IBatchHandler<ClaimWish, ClaimAnswer>
{
    /// <remarks>
    /// 1. In one round trip: pass the fence, read which catalog holds, and the progress, claims, stock and answers that are concerned.
    /// 2. Where the catalog was an old one, load it, and read again. Behind the fence it stays what it is then.
    /// 3. Judge. In one round trip make the claims that nobody has made yet, and take their stock.
    /// 4. Whoever came first has it: take the others' claims back; pay points; keep the answers to requests that may be sent again;
    /// make the deliveries of what the game has to hand over.
    /// 5. What was noted to be claimed is settled, whatever came of it. That is last, so that nobody who notes more waits for stock.
    /// </remarks>
    public async Task<IReadOnlyList<ClaimAnswer>> Run(NpgsqlConnection connection, IReadOnlyList<ClaimWish> batch)
    {
        var now = time.GetUtcNow();
        var snapshot = catalog.Current;
        var attempts = Attempts(batch, snapshot, now);
        var found = await Read(connection, attempts, now);
        if (found.Version != snapshot.Version)
        {
            snapshot = await catalog.Load(CancellationToken.None);
            attempts = Attempts(batch, snapshot, now);
            found = await Read(connection, attempts, now);
        }

        var failed = new FailedFolds(log);
        var anew = attempts.Select(attempt => attempt.Touch).OfType<Touch>().Where(touch => touch.MustRefold);
        await Folding.Refold(connection, snapshot.Log, anew, (touch, activity) => failed.Guard(touch, () => touch.Add(activity)));
        foreach (var attempt in attempts.FindAll(attempt => attempt.Touch is not null))
        {
            failed.Guard(attempt.Touch!, () => attempt.Judge(found.Claims, found.Supplies, now));
            // Nothing is paid of an event that cannot be folded.
            if (failed.Contains(attempt.Wish.Event))
                attempt.Settle(new ClaimRefusal(attempt.Wish.Offer, EventsErrors.EventNotRunning));
        }

        await Grants.Judge(connection, attempts, options, now);
        var candidates = FirstOfEach(attempts);
        if (candidates.Count > 0)
        {
            // Behind the fence, so that what an erasure has taken before is older than what is paid here.
            await Grant(connection, candidates, snapshot.Told, time.GetUtcNow());
        }

        await Grants.Tell(connection, attempts);
        await DueClaims.Settle(connection, [.. attempts.Where(attempt => !attempt.StaysDue).Select(attempt => attempt.Wish.Due).OfType<DueClaim>()]);
        if (failed.Any)
            await failed.Quarantine(connection);
        return attempts.ConvertAll(attempt => attempt.Answer());
    }

    public void Committed(IReadOnlyList<ClaimWish> batch, IReadOnlyList<ClaimAnswer> results)
    {
        if (results.Any(answer => answer.Granted.Any(claim => claim.Status == ClaimStatus.Processing)))
            bell.Ring();
    }

    private static List<ClaimAttempt> Attempts(IReadOnlyList<ClaimWish> batch, CatalogSnapshot snapshot, DateTimeOffset now)
    {
        var attempts = new List<ClaimAttempt>(batch.Count);
        var leaders = new Dictionary<(string UserId, string Key), ClaimAttempt>();
        foreach (var wish in batch)
        {
            var attempt = new ClaimAttempt(wish, snapshot, now);
            attempts.Add(attempt);
            if (wish.Key is { } key && !leaders.TryAdd((wish.Asker, key.Text), attempt))
                attempt.Follow(leaders[(wish.Asker, key.Text)]);
        }

        return attempts;
    }

    private static async Task<Found> Read(NpgsqlConnection connection, List<ClaimAttempt> attempts, DateTimeOffset now)
    {
        var open = attempts.FindAll(attempt => attempt.Touch is not null);
        var touches = open.ConvertAll(attempt => attempt.Touch!);
        var keyed = attempts.FindAll(attempt => attempt is { Wish.Key: not null, Leader: null });
        var supplies = new Supplies();
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Fence.Pass(), Fence.Read() } };
        batch.BatchCommands.Add(ProgressStore.Read(touches.ConvertAll(touch => touch.Key)));
        batch.BatchCommands.Add(ClaimStore.Find([.. touches.Select(touch => (touch.Key.UserId, touch.Key.EventId, touch.Key.Window)).Distinct()]));
        supplies.Ask(batch, open.SelectMany(attempt => attempt.Payouts).ToHashSet(), now);
        if (keyed.Count > 0)
            batch.BatchCommands.Add(IdempotentAnswers.Find(keyed.ConvertAll(attempt => (attempt.Wish.Asker, attempt.Wish.Key!.Text))));

        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.ReadAsync();
        var version = reader.GetInt64(0);
        await reader.NextResultAsync();
        await Folding.Read(reader, touches);
        await reader.NextResultAsync();
        var claims = new Dictionary<ClaimKey, Claim>();
        await ClaimStore.ReadAll(reader, claims);
        await reader.NextResultAsync();
        await supplies.Read(reader);
        if (keyed.Count > 0)
        {
            await reader.NextResultAsync();
            await ReadAnswers(reader, keyed);
        }

        return new Found(version, claims, supplies);
    }

    private static async Task ReadAnswers(NpgsqlDataReader reader, List<ClaimAttempt> keyed)
    {
        while (await reader.ReadAsync())
        {
            var attempt = keyed[(int)reader.GetInt64(0) - 1];
            if (attempt.Wish.Key!.Fits(reader.GetFieldValue<byte[]>(1)))
                attempt.Settle(reader.GetString(2));
            else
                attempt.Settle(new ClaimRefusal(attempt.Wish.Offer, EventsErrors.IdempotencyKeyReused));
        }
    }

    /// <summary>In the order of their keys. Of two in one batch that want the same, the first has it, and the other is told so.</summary>
    private static List<Candidate> FirstOfEach(List<ClaimAttempt> attempts)
    {
        var first = new Dictionary<ClaimKey, Candidate>();
        foreach (var candidate in attempts.SelectMany(attempt => attempt.Candidates).ToList())
        {
            if (first.TryAdd(candidate.Claim.Key, candidate))
                continue;
            candidate.Attempt.Candidates.Remove(candidate);
            candidate.Attempt.Waits.Add((candidate.Payout.Offer, first[candidate.Claim.Key]));
            first[candidate.Claim.Key].IsAwaitedByKey |= candidate.Attempt.Wish.Key is not null;
        }

        return [.. first.Values];
    }

    private static async Task Grant(NpgsqlConnection connection, List<Candidate> byArrival, IReadOnlyList<WebhookId> told, DateTimeOffset now)
    {
        var byKey = byArrival.ToList();
        byKey.Sort(Candidate.ByKey);
        var wanted = byArrival.SelectMany(candidate => candidate.Payout.StockOwners()).CountBy(owner => owner)
            .Select(one => (one.Key, (long)one.Value)).ToList();
        var codes = new CodeDraw(byArrival);
        var (made, taken) = await Make(connection, byKey, wanted, codes, now);

        // Sold in the order of arrival, each unit to one claim; so the same as if each had come alone.
        var left = new Dictionary<Guid, long>(taken);
        var (lost, conflicts) = (new List<Candidate>(), new List<Candidate>());
        foreach (var candidate in byArrival)
        {
            if (!made.Contains(candidate.Claim.Id))
            {
                conflicts.Add(candidate);
                continue;
            }

            candidate.IsGranted = candidate.Payout.StockOwners().All(owner => left.GetValueOrDefault(owner) > 0) && codes.SufficeFor(candidate.Payout);
            if (!candidate.IsGranted)
            {
                lost.Add(candidate);
                continue;
            }

            foreach (var owner in candidate.Payout.StockOwners())
                left[owner]--;
            codes.Deal(candidate);
        }

        lost.ForEach(candidate => candidate.Attempt.Refuse(candidate.Payout.Offer, EventsErrors.SoldOut));
        await Finish(connection, byArrival, lost, conflicts, [.. left.Where(one => one.Value > 0).Select(one => (one.Key, one.Value))], codes, told, now);
    }

    private static async Task<(HashSet<ClaimId> Made, Dictionary<Guid, long> Taken)> Make(
        NpgsqlConnection connection, List<Candidate> candidates, List<(Guid Owner, long Count)> wanted, CodeDraw codes, DateTimeOffset now)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { ClaimStore.Insert(candidates.ConvertAll(candidate => new ClaimStore.New(candidate.Claim, candidate.Payout.Json))) },
        };
        if (wanted.Count > 0)
            batch.BatchCommands.Add(Stocks.Take(wanted));
        codes.Ask(batch, now);
        await using var reader = await batch.ExecuteReaderAsync();
        var made = new HashSet<ClaimId>();
        while (await reader.ReadAsync())
            made.Add(new ClaimId(reader.GetGuid(0)));

        var taken = new Dictionary<Guid, long>();
        if (wanted.Count > 0)
        {
            await reader.NextResultAsync();
            while (await reader.ReadAsync())
                taken.Add(reader.GetGuid(0), reader.GetInt64(1));
        }

        await codes.Read(reader);
        return (made, taken);
    }

    private static async Task Finish(
        NpgsqlConnection connection, List<Candidate> candidates, List<Candidate> lost, List<Candidate> conflicts,
        List<(Guid Owner, long Count)> unused, CodeDraw codes, IReadOnlyList<WebhookId> told, DateTimeOffset now)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (lost.Count > 0)
            batch.BatchCommands.Add(ClaimStore.Delete(lost.ConvertAll(candidate => candidate.Claim)));
        if (unused.Count > 0)
            batch.BatchCommands.Add(Stocks.GiveBack(unused));
        codes.Settle(batch, now);
        Pay(batch, candidates, now);
        var answers = Answers(candidates);
        var keep = IdempotentAnswers.Keep(answers);
        if (answers.Count > 0)
            batch.BatchCommands.Add(keep);
        var delivered = candidates.FindAll(candidate => candidate is { IsGranted: true, Claim.Status: ClaimStatus.Processing });
        if (delivered.Count > 0)
            batch.BatchCommands.Add(NewDelivery.Insert(delivered.SelectMany(candidate => NewDelivery.Of(candidate.Claim, DeliveryKind.Granted, told, now))));
        if (conflicts.Count > 0)
        {
            // Last, so that it is the last result.
            batch.BatchCommands.Add(ClaimStore.Find(
                [.. conflicts.Select(candidate => (candidate.Claim.Key.UserId, candidate.Claim.Key.Event, candidate.Claim.Key.Window)).Distinct()]));
        }

        if (batch.BatchCommands.Count == 0)
            return;
        var existing = new Dictionary<ClaimKey, Claim>();
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            if (conflicts.Count > 0)
                await ClaimStore.ReadAll(reader, existing);
        }

        RefuseAll(conflicts, existing);

        if (answers.Count > 0 && keep.RecordsAffected < answers.Count)
            throw new RepeatBatchException("Another process was first with the same Idempotency-Key.");
    }

    private static void RefuseAll(List<Candidate> conflicts, Dictionary<ClaimKey, Claim> existing)
    {
        foreach (var candidate in conflicts)
        {
            // The same request may have been answered by another process meanwhile; or the claim that was in the way was reopened.
            if (candidate.IsAwaitedByKey || candidate.Attempt.Wish.Key is not null || !existing.TryGetValue(candidate.Claim.Key, out var claimed))
                throw new RepeatBatchException("Another process made a claim at the same moment.");
            candidate.Attempt.Refuse(candidate.Payout.Offer, claimed);
        }
    }

    private static void Pay(NpgsqlBatch batch, List<Candidate> candidates, DateTimeOffset now)
    {
        var paid = candidates.FindAll(candidate => candidate is { IsGranted: true, Claim: { Points: > 0, Status: not ClaimStatus.Pending } });
        if (paid.Count == 0)
            return;
        batch.BatchCommands.Add(Transfers.Insert(paid.ConvertAll(candidate => RewardTransfer.Of(candidate.Claim, now))));
        batch.BatchCommands.Add(Transfers.Add(
        [
            .. paid.GroupBy(candidate => candidate.Claim.Key.UserId, StringComparer.Ordinal)
                .OrderBy(ofUser => ofUser.Key, StringComparer.Ordinal)
                .Select(ofUser => (ofUser.Key, Sum(ofUser))),
        ]));
    }

    /// <summary>Of more than a wallet holds, one more than that: the constraint refuses it, and no sum is too large to be told.</summary>
    private static long Sum(IEnumerable<Candidate> candidates) =>
        candidates.Aggregate(0L, (sum, candidate) => Math.Min(sum + candidate.Claim.Points, RewardRules.MaxNumber + 1));

    /// <summary>Only what has had an effect is kept: a request that was refused may be sent again, and have one then.</summary>
    private static List<IdempotentAnswer> Answers(List<Candidate> candidates) =>
    [
        .. candidates.Where(candidate => candidate is { IsGranted: true, Attempt.Wish.Key: not null })
            .Select(candidate => candidate.Attempt).Distinct()
            .OrderBy(attempt => attempt.Wish.Asker, StringComparer.Ordinal).ThenBy(attempt => attempt.Wish.Key!.Text, StringComparer.Ordinal)
            .Select(attempt => new IdempotentAnswer(attempt.Wish.Asker, attempt.Wish.Key!, attempt.Json(), Lasts: attempt.Wish.Grant is not null)),
    ];

    private readonly record struct Found(long Version, Dictionary<ClaimKey, Claim> Claims, Supplies Supplies);
}
