using Laurel.Chaos.World;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Chaos.Load;

/// <summary>Many users who have earned the same, and want it.</summary>
internal sealed class Crowd(Site site, Client client, string @event, Guid[] users)
{
    private static readonly Guid GameServer = Playing.NewPerson();

    public string Event => @event;

    public Guid[] Users => users;

    /// <param name="site">Where.</param>
    /// <param name="client">Who asks for them.</param>
    /// <param name="count">How many they are.</param>
    /// <param name="offers">What they have earned; ten points, unless told.</param>
    public static async Task<Crowd> Earned(Site site, Client client, int count, params object[] offers)
    {
        var now = TimeProvider.System.GetUtcNow();
        var activity = Playing.NewUser();
        var draft = new DraftEvent(now.AddDays(-1), now.AddDays(10), Goal.Count(activity, 1)) { Offers = offers.Length > 0 ? offers : null };
        var @event = await site.Operator.Runs(draft);
        var users = Enumerable.Range(0, count).Select(_ => Playing.NewPerson()).ToArray();
        await Parallel.ForEachAsync(users.Chunk(1_000), async (some, _) =>
        {
            var report = new Wish("activities", "crowd", HttpMethod.Post, "/v1/activities", () => site.Tokens.Service(GameServer, Scopes.ActivitiesWrite))
            {
                Body = some.Select(user => Playing.Did(user.ToString(), activity, now, id: "first")).ToArray(),
            };
            (await client.Ask(report)).Is(200);
        });
        // Signing is slow, and is no part of what is tried.
        await Parallel.ForEachAsync(users, (user, _) =>
        {
            site.Tokens.Person(user);
            return ValueTask.CompletedTask;
        });
        return new Crowd(site, client, @event, users);
    }

    public Wish Claim(Guid user, string? key = null) =>
        new("claim", user.ToString(), HttpMethod.Post, $"/v1/events/{@event}/claims", () => site.Tokens.Person(user)) { Body = new { }, Key = key };

    /// <summary>Each of these wishes of each user until it is answered, so many at once.</summary>
    public async Task<(Guid User, Answer Answer)[]> Ask(IEnumerable<(Guid User, Wish Wish)> wishes, int connections)
    {
        var answers = new System.Collections.Concurrent.ConcurrentBag<(Guid, Answer)>();
        await Parallel.ForEachAsync(wishes, new ParallelOptions { MaxDegreeOfParallelism = connections }, async (one, _) =>
            answers.Add((one.User, await client.Ask(one.Wish))));
        return [.. answers];
    }
}
