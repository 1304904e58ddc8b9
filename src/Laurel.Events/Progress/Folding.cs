using Laurel.Events.Activities;
using Laurel.Events.Claims;
using Laurel.Events.Jobs;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Progress;

/// <summary>
/// Makes rows of progress what their activities come to, inside of the caller's transaction. No row is locked ahead: a row that another
/// process has changed meanwhile refuses the write, is locked by that, read again and folded again.
/// </summary>
/// <param name="alarm">Hears of folds that fail.</param>
/// <param name="isAlone">
/// Whether to believe, until it shows that it is not so, that nobody else writes these rows. Then PostgreSQL need not tell which rows it
/// wrote, which costs it a fifteenth of its work; where it wrote fewer than it was given, the batch is repeated, and told from then on.
/// </param>
internal sealed class Folding(ILogger alarm, bool isAlone = false)
{
    /// <summary>What the first attempt is refused the second holds the locks of; one more is for rows that were remembered wrongly.</summary>
    private const int MaxAttempts = 3;

    /// <summary>How many users' histories one statement reads, so that none runs into its time limit.</summary>
    private const int UsersAtOnce = 100;

    /// <summary>After so many writes without a refusal nobody else is there any more.</summary>
    private const int Vigilance = 100;

    private int _vigilance = isAlone ? 0 : Vigilance;

    /// <summary>Whether the last write met a fold that failed.</summary>
    public bool HasQuarantined { get; private set; }

    /// <summary>Whether the last write noted something to be claimed.</summary>
    public bool HasNoted { get; private set; }

    /// <summary>Writes the rows of these touches, which are in the order of their keys and have been read or are remembered.</summary>
    public async Task Write(NpgsqlConnection connection, StoredGenerations log, IReadOnlyList<Touch> touches)
    {
        var failed = new FailedFolds(alarm);
        var pending = touches;
        for (var attempt = 1; pending.Count > 0; attempt++)
        {
            if (attempt > MaxAttempts)
                throw new RepeatBatchException("Rows of progress were changed again although they were locked.");
            if (attempt > 1)
                await Read(connection, pending);
            // What a job has folded already need not be folded again, unless the row has changed meanwhile.
            var anew = pending.Where(touch => touch.MustRefold && touch.Refolded is null);
            await Refold(connection, log, anew, (touch, activity) => failed.Guard(touch, () => touch.Add(activity)));

            var folded = Fold(pending, failed, out var unchanged);
            var outdated = await WriteGuarded(connection, folded, unchanged.FindAll(touch => touch.IsRemembered));
            pending = [.. pending.Where(outdated.Contains)];
        }

        await JobChanges.Record(connection, touches);
        HasNoted = await DueClaims.Note(connection, touches);
        HasQuarantined = failed.Any;
        if (HasQuarantined)
            await failed.Quarantine(connection);
    }

    /// <summary>Reads the rows as they are now.</summary>
    public static async Task Read(NpgsqlConnection connection, IReadOnlyList<Touch> touches)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { ProgressStore.Read(touches.Select(touch => touch.Key).ToList()) } };
        await using var reader = await batch.ExecuteReaderAsync();
        await Read(reader, touches);
    }

    public static async Task Read(NpgsqlDataReader reader, IReadOnlyList<Touch> touches)
    {
        foreach (var touch in touches)
            (touch.Row, touch.IsRemembered, touch.Refolded) = (null, false, null);
        while (await reader.ReadAsync())
            touches[(int)reader.GetInt64(0) - 1].Row = ProgressStore.Row(reader, 1);
    }

    /// <summary>Passes all stored activities of these rows' users to a fold from nothing; those of this transaction are among them.</summary>
    public static async Task Refold(NpgsqlConnection connection, StoredGenerations log, IEnumerable<Touch> touches, Action<Touch, Activity> fold)
    {
        foreach (var users in touches.GroupBy(touch => touch.Key.UserId, StringComparer.Ordinal).Chunk(UsersAtOnce))
            await RefoldUsers(connection, log, Array.ConvertAll(users, ofUser => ofUser.ToArray()), fold);
    }

    /// <summary>Each activity is read once, for all the rows of its user that it may belong to.</summary>
    private static async Task RefoldUsers(NpgsqlConnection connection, StoredGenerations log, Touch[][] users, Action<Touch, Activity> fold)
    {
        foreach (var touch in users.SelectMany(ofUser => ofUser))
            touch.Refolded = Rules.Progress.Empty;
        var types = users
            .SelectMany(ofUser => ofUser).Select(touch => touch.Event.Definition).Distinct()
            .SelectMany(definition => definition.Measures).Select(measure => measure.Activity).ToHashSet(StringComparer.Ordinal);
        var periods = Array.ConvertAll(
            users, ofUser => (ofUser[0].Key.UserId, From: ofUser.Min(touch => touch.Window.Start), To: ofUser.Max(touch => touch.Window.End)));
        var held = log.Holding(periods.Min(period => period.From), periods.Max(period => period.To));
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { ActivityLog.History(held, periods, types) } };
        await using var reader = await batch.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var activity = ActivityLog.Read(reader, 1);
            foreach (var touch in users[reader.GetInt64(0) - 1])
            {
                if (activity.OccurredAt >= touch.Window.Start && activity.OccurredAt < touch.Window.End)
                    fold(touch, activity);
            }
        }
    }

    private static List<(Touch Touch, ProgressRow Row)> Fold(IReadOnlyList<Touch> touches, FailedFolds failed, out List<Touch> unchanged)
    {
        unchanged = [];
        var folded = new List<(Touch Touch, ProgressRow Row)>(touches.Count);
        foreach (var touch in touches)
        {
            ProgressRow? row = null;
            failed.Guard(touch, () => row = touch.Fold());
            if (row is not null)
                folded.Add((touch, row));
            else
                unchanged.Add(touch);
        }

        // An event fails as a whole: what was folded of it before is not written either.
        if (failed.Any)
            folded.RemoveAll(one => failed.Contains(one.Touch.Key.EventId));
        return folded;
    }

    /// <summary>
    /// Writes what was folded. A fold into a remembered row that changed nothing is no write, and so no guard: it is right only if that
    /// row is still the stored one, which is looked up. Returns whatever was folded into a row that is no longer the stored one.
    /// </summary>
    private async Task<HashSet<Touch>> WriteGuarded(NpgsqlConnection connection, List<(Touch Touch, ProgressRow Row)> folded, List<Touch> remembered)
    {
        var outdated = new HashSet<Touch>();
        if (folded.Count + remembered.Count == 0)
            return outdated;

        var isVigilant = _vigilance > 0;
        var write = ProgressStore.Write(folded.ConvertAll(one => one.Touch.Key), folded.ConvertAll(one => one.Row), tell: isVigilant);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { write } };
        if (remembered.Count > 0)
            batch.BatchCommands.Add(ProgressStore.Read(remembered.ConvertAll(touch => touch.Key)));
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            if (isVigilant)
                await FindRefused(reader, folded, outdated);
            if (remembered.Count > 0)
                await FindOutdated(reader, isVigilant, remembered, outdated);
        }

        if (!isVigilant)
            MustBeWritten(folded, write.RecordsAffected);
        else if (isAlone)
            _vigilance = outdated.Count > 0 ? Vigilance : _vigilance - 1;
        return outdated;
    }

    private void MustBeWritten(List<(Touch Touch, ProgressRow Row)> folded, int written)
    {
        if (written != folded.Count)
        {
            _vigilance = Vigilance;
            throw new RepeatBatchException("Another process writes the same rows of progress.");
        }

        foreach (var (touch, row) in folded)
            touch.Written = row;
    }

    private static async Task FindOutdated(NpgsqlDataReader reader, bool isAfterTold, List<Touch> remembered, HashSet<Touch> outdated)
    {
        if (isAfterTold)
            await reader.NextResultAsync();
        var versions = remembered.ConvertAll(touch => touch.Row!.Version);
        await Read(reader, remembered);
        outdated.UnionWith(remembered.Where((touch, i) => touch.Row?.Version != versions[i]));
    }

    /// <summary>Rows come back in the order in which they were sent; those that are left out were refused.</summary>
    private static async Task FindRefused(NpgsqlDataReader reader, List<(Touch Touch, ProgressRow Row)> folded, HashSet<Touch> refused)
    {
        var at = 0;
        while (await reader.ReadAsync())
        {
            var key = ProgressStore.Key(reader, 0);
            for (; folded[at].Touch.Key != key; at++)
                refused.Add(folded[at].Touch);
            folded[at].Touch.Written = folded[at].Row;
            at++;
        }

        for (; at < folded.Count; at++)
            refused.Add(folded[at].Touch);
    }
}
