using System.Collections.Concurrent;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Jobs;

/// <summary>
/// Two processes, activities of sixty users over eight connections, and an operator who activates late, edits, switches off and on,
/// replays, takes back and has users erased all the while. In the end everybody has what the naive reference says.
/// </summary>
public sealed class EverythingAtOnce(TestPostgres postgres)
{
    private const int Users = 60;
    private const int Connections = 8;
    private const int Rounds = 4;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task Ends_in_what_everybody_did()
    {
        var dice = Dice.Thrown();
        await using var shared = await SharedDatabases.Create(postgres);
        await using var first = await shared.Serve();
        await using var second = await shared.Serve();
        var token = await SharedDatabases.SignIn(first);
        Api[] servers = [first.Api.As(token), second.Api.As(token)];
        var events = await Define(servers[0]);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var sent = new ConcurrentQueue<(string User, string Id)>();
        var traffic = Enumerable.Range(0, Connections).Select(lane => Send(servers, lane, dice.Seed, sent, stop.Token)).ToList();
        await Eventually.True(() => Task.FromResult(sent.Count > 10 * Users));
        await Operate(servers, events, dice, shared, sent);
        await stop.CancelAsync();
        await Task.WhenAll(traffic);

        var jobs = await servers[0].Jobs();
        var told = $"seed {dice.Seed}, {sent.Count} activities, {string.Join(", ", jobs.CountBy(job => $"{job["kind"]} {job.Status()}").Select(one => $"{one.Value} {one.Key}"))}";
        Assert.True(jobs.All(job => job.Status() != "failed"), $"{told}: {string.Join('\n', jobs.Where(job => job.Status() == "failed").Select(job => job["reason"]))}");
        Assert.Contains(jobs, job => (string)job["kind"]! == "void" && (int)job["result"]!["activities"]! > 0);
        Assert.Contains(jobs, job => (string)job["kind"]! == "erasure" && (int)job["result"]!["activities"]! > 0);
        await shared.AreRight(told);
        TestContext.Current.SendDiagnosticMessage(told);
    }

    private static async Task<string[]> Define(Api @operator)
    {
        var draft = new DraftEvent(Now.AddDays(-10), Now.AddDays(10), Goal.Max("hunt", 9));
        // The first few are active from the start, the last is activated in the middle.
        string[] events =
        [
            await @operator.Runs(draft with { Title = "max" }),
            await @operator.Runs(draft with { Title = "sum by day", Repeats = "daily", Condition = Goal.Sum("hunt", 30, new { map = 1 }) }),
            await @operator.Runs(draft with { Title = "all", TimeZone = "America/New_York", Condition = Goal.All(Goal.Attendance(3), Goal.Distinct("hunt", "map", 3)) }),
            await @operator.Creates(draft with { Title = "late", Condition = Goal.Any(Goal.Count("hunt", 20), Goal.Max("fish", 10)) }),
        ];
        return events;
    }

    /// <summary>Few maps, small values and days that come again: much of it changes nothing, until what is larger is taken back.</summary>
    private static async Task Send(Api[] servers, int lane, int seed, ConcurrentQueue<(string, string)> sent, CancellationToken stop)
    {
        var dice = new Dice(seed + lane + 1);
        var before = new List<object>();
        for (var batch = 0; !stop.IsCancellationRequested; batch++)
        {
            var activities = new List<object>();
            for (var at = 0; at < dice.Between(1, 12); at++)
            {
                var (user, id) = ($"user-{dice.Next(Users)}", $"{lane}-{batch}-{at}");
                sent.Enqueue((user, id));
                activities.Add(Playing.Did(
                    user, dice.Pick(["hunt", "hunt", "fish", "check_in"]), Now.AddSeconds(-dice.Next(4 * 24 * 3600)), id, dice.Next(12), new { map = dice.Next(4) }));
            }

            if (before.Count > 0 && dice.Next(3) == 0)
                activities.Add(dice.Pick(before));
            before.Add(activities[0]);
            Assert.DoesNotContain((await dice.Pick(servers).Reports([.. activities])).Outcomes(), outcome => outcome.StartsWith("refused", StringComparison.Ordinal));
        }
    }

    private static async Task Operate(Api[] servers, string[] events, Dice dice, SharedDatabases shared, ConcurrentQueue<(string User, string Id)> sent)
    {
        (await servers[0].Activates(events[3])).Is(200);
        for (var round = 0; round < Rounds; round++)
        {
            // Every kind of change in each round, in any order, of any event, by way of either process.
            Func<Api, string, Task<Answer>>[] changes =
            [
                (api, _) => api.Patches($"/v1/events/{events[0]}", new { condition = Goal.Max("hunt", dice.Between(3, 11)) }),
                (api, _) => api.Patches($"/v1/events/{events[1]}", new { condition = Goal.Sum("hunt", 30, new { map = dice.Next(4) }) }),
                (api, _) => api.Patches($"/v1/events/{events[3]}", new { startsAt = Now.AddHours(-dice.Between(24, 90)) }),
                (api, id) => api.Post($"/v1/events/{id}/replay"),
                (api, id) => api.Post($"/v1/events/{id}/replay?preview=true"),
                async (api, id) =>
                {
                    (await api.SwitchesOff(id)).Is(200);
                    return await api.Activates(id);
                },
                (api, _) => api.Post(
                    "/v1/activities/void", new { reason = "Some", activities = sent.ToArray().Where(_ => dice.Next(4) == 0).Take(500).Select(one => new { userId = one.User, id = one.Id }) }),
                async (api, _) => await api.Post("/v1/activities/void", await Period(shared)),
                (api, _) => api.Erases($"user-{dice.Next(Users)}"),
            ];
            dice.Shuffle(changes);
            foreach (var change in changes)
            {
                var answer = await change(dice.Pick(servers), dice.Pick(events));
                var count = sent.Count;
                await Eventually.True(() => Task.FromResult(sent.Count > count + Users));
                Assert.True(answer.Status is 200 or 202, $"{answer.Request}: {answer.Status} {answer.Text}");
            }
        }
    }

    /// <summary>The third of what was sent that came in the middle.</summary>
    private static async Task<object> Period(SharedDatabases shared) => await shared.Events.QueryOne<object>(
        """
        SELECT source, min(received_at) + (max(received_at) - min(received_at)) / 3, min(received_at) + (max(received_at) - min(received_at)) * 2 / 3 + interval '2 ms'
        FROM activities
        WHERE source IS NOT NULL
        GROUP BY source
        """,
        row => new { reason = "A third", source = row.GetGuid(0), from = row.Time(1), to = row.Time(2) }, [], Cancellation)
        ?? throw new InvalidOperationException("Nothing was sent.");
}
