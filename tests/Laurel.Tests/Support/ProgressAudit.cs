using Laurel.Events;
using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Laurel.Tests.Rules;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Laurel.Tests.Support;

/// <summary>Holds all stored progress against the naive reference, computed from all stored activities.</summary>
internal static class ProgressAudit
{
    /// <summary>What differs, a line each; of active events alone, since no other is kept up.</summary>
    public static async Task<List<string>> Differences(NpgsqlDataSource events, CancellationToken cancellation)
    {
        using var catalog = new EventCatalog(events, TimeProvider.System, NullLogger<EventCatalog>.Instance);
        var snapshot = await catalog.Load(cancellation);
        var activities = (await events.Query(
                "SELECT user_id, type, occurred_at, value, attributes FROM activities WHERE void_id IS NULL",
                row => (User: row.GetString(0), Activity: ActivityLog.Read(row, 1)), [], cancellation))
            .GroupBy(one => one.User, one => one.Activity, StringComparer.Ordinal)
            .ToList();
        var stored = (await events.Query(
                "SELECT user_id, event_id, window_key, met, state FROM progress",
                row => ((User: row.GetString(0), Event: new EventId(row.GetGuid(1)), Window: row.GetFieldValue<DateOnly>(2)),
                    (Met: row.GetInt64(3), State: Progress.Decode(row.GetFieldValue<byte[]>(4)))),
                [], cancellation))
            .ToDictionary(row => row.Item1, row => row.Item2);

        var differences = new List<string>();
        foreach (var running in snapshot.Active)
        {
            foreach (var user in activities)
            {
                foreach (var (key, expected) in Reference.Of(running.Definition, user))
                {
                    stored.Remove((user.Key, running.Id, key), out var row);
                    var found = Describe(row.Met, Engine.Judge(running.Definition, row.State ?? Progress.Empty));
                    var shouldBe = Describe(expected);
                    if (found != shouldBe)
                        differences.Add($"{running.Title} {user.Key} {key}: stored {found}, should be {shouldBe}");
                }
            }
        }

        differences.AddRange(stored.Where(row => snapshot.Active.Any(running => running.Id == row.Key.Event) && !row.Value.State.IsEmpty)
            .Select(row => $"{row.Key} is stored, and should not be"));
        return differences;
    }

    private static string Describe(Reference.Result result) =>
        $"{result.MetBits:b}: {string.Join(' ', result.Leaves.Concat(result.Offers.SelectMany(offer => offer.Leaves ?? [])).Select(leaf => leaf.Current))}";

    private static string Describe(long met, Verdict verdict) =>
        $"{met:b}: {string.Join(' ', verdict.Leaves.Concat(verdict.Offers.SelectMany(offer => offer.Leaves ?? [])).Select(leaf => leaf.Current))}";
}
