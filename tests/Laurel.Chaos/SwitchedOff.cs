using Laurel.Chaos.Load;
using Laurel.Chaos.World;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Chaos;

/// <summary>An operator switches an event off at one server while users claim from both.</summary>
public sealed class SwitchedOff(Site site)
{
    private const int Rounds = 4;
    private const int Users = 1_500;

    [Fact]
    public async Task After_the_answer_no_claim_commits()
    {
        await site.Mend();
        var history = new History();
        using var client = new Client(site, history);
        for (var round = 0; round < Rounds; round++)
        {
            var crowd = await Crowd.Earned(site, client, Users);
            var claiming = crowd.Ask(crowd.Users.Select(user => (user, crowd.Claim(user))), connections: 16);
            await Eventually.True(async () => await Committed(crowd) > 100);

            using var http = Site.Http(site.Servers[round % site.Servers.Count], connections: 1);
            (await new Api(http, site.Tokens.Person(site.OperatorId, Role.Operator)).SwitchesOff(crowd.Event)).Is(200);
            var (whenAnswered, switched) = await AtTheAnswer(crowd);
            var answers = await claiming;

            Assert.Equal(whenAnswered, await Committed(crowd));
            Assert.Equal(0, await CommittedAfter(crowd, switched));
            Assert.Equal(whenAnswered, answers.Count(answer => answer.Answer.Status == 201));
            Assert.All(answers, answer => Assert.True(answer.Answer.Status == 201 || answer.Answer.Code == "event_not_running", answer.Answer.Text));
            Assert.InRange(whenAnswered, 100, Users - 1);
        }

        Assert.Empty(history.Violations);
    }

    private Task<int> Committed(Crowd crowd) =>
        site.Events.QueryOne("SELECT count(*)::int FROM claims WHERE event_id = $1", row => row.GetInt32(0), [Guid.Parse(crowd.Event)], CancellationToken.None);

    /// <summary>What a transaction that begins after the answer sees, and when the one that switched the event off had committed.</summary>
    private Task<(int Claims, DateTimeOffset Switched)> AtTheAnswer(Crowd crowd) => site.Events.QueryOne(
        "SELECT (SELECT count(*)::int FROM claims WHERE event_id = $1), pg_xact_commit_timestamp(xmin) FROM events WHERE id = $1",
        row => (row.GetInt32(0), row.Time(1)), [Guid.Parse(crowd.Event)], CancellationToken.None);

    /// <summary>By the database's own record of when each transaction committed, no client's clock.</summary>
    private Task<int> CommittedAfter(Crowd crowd, DateTimeOffset switched) => site.Events.QueryOne(
        "SELECT count(*)::int FROM claims WHERE event_id = $1 AND pg_xact_commit_timestamp(xmin) > $2",
        row => row.GetInt32(0), [Guid.Parse(crowd.Event), switched], CancellationToken.None);
}
