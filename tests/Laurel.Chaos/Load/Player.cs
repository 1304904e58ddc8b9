using System.Text.Json.Nodes;
using Laurel.Chaos.World;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Chaos.Load;

/// <summary>
/// The life of one user: plays, claims, is given and takes points. Whatever is not answered is sent again with the same ids; now and
/// then the client dies instead, and leaves it to others to find out.
/// </summary>
internal sealed class Player(Site site, Game game, Client client, Book book, Dice dice)
{
    private static readonly Guid GameServer = Playing.NewPerson();

    private readonly Guid _id = Playing.NewPerson();
    private readonly string[] _activityTypes = [Game.Hunt, Game.Hunt, Game.Hunt, "check_in", "session"];
    private readonly bool _isMortal = dice.Next(10) == 0;
    private bool _isSettled;

    private string UserId => _id.ToString();

    private bool GivesUp => _isMortal && !_isSettled;

    public async Task Live()
    {
        var steps = new List<Func<Task>>(Plays());
        List<Func<Task>> later = [.. Claims(), Spends()];
        dice.Shuffle(later);
        steps.AddRange(later);
        foreach (var step in steps)
        {
            try
            {
                await step();
            }
            catch (GaveUpException)
            {
                book.Unsettled.Enqueue(() => Settled(step));
                return;
            }
        }
    }

    /// <summary>By somebody who does not give up.</summary>
    private Task Settled(Func<Task> step)
    {
        _isSettled = true;
        return step();
    }

    private IEnumerable<Func<Task>> Plays()
    {
        var now = TimeProvider.System.GetUtcNow();
        var all = Enumerable.Range(0, dice.Between(Game.HuntsToEarn + 1, 12))
            .Select(i => Playing.Did(
                UserId, i < Game.HuntsToEarn ? Game.Hunt : dice.Pick(_activityTypes), now.AddSeconds(-dice.Next(6 * 24 * 3600)), $"a{i}", dice.Next(12), new { map = dice.Next(4) }))
            .ToArray();
        foreach (var batch in all.Chunk(dice.Between(1, 5)))
        {
            var times = dice.Next(3) == 0 ? 2 : 1;
            yield return () => Task.WhenAll(Enumerable.Repeat(batch, times).Select(Report));
        }
    }

    private async Task Report(object[] activities)
    {
        var wish = new Wish("activities", UserId, HttpMethod.Post, "/v1/activities", () => site.Tokens.Service(GameServer, Scopes.ActivitiesWrite, Scopes.PointsWrite)) { Body = activities };
        foreach (var result in (await client.Ask(wish, () => GivesUp)).Is(200).Json["results"]!.AsArray())
            book.Reported(UserId, result!["id"]!.GetValue<string>(), result["outcome"]!.GetValue<string>());
    }

    private IEnumerable<Func<Task>> Claims()
    {
        foreach (var offer in new[] { game.Points, game.Few, game.Approved, game.Item })
        {
            var times = dice.Between(1, 3);
            var key = dice.Next(2) == 0 ? $"claim-{offer}" : null;
            yield return () => Task.WhenAll(Enumerable.Range(0, times).Select(_ => Claim(offer, key)));
        }

        if (dice.Next(4) == 0)
            yield return () => Claim(offer: null, "claim-all");
    }

    private async Task Claim(string? offer, string? key)
    {
        var wish = new Wish("claim", $"{UserId} {offer}", HttpMethod.Post, $"/v1/events/{game.Event}/claims", () => site.Tokens.Person(_id))
        {
            Body = offer is null ? new { } : new { offerId = offer },
            Key = key,
        };
        var answer = await client.Ask(wish, () => GivesUp);
        switch (answer.Status, answer.Status < 400 ? null : answer.Code)
        {
            case (201, _):
                foreach (var claim in answer.Json["claims"]!.AsArray())
                    Told(claim);
                if (key is not null)
                    book.Answered($"{UserId} {key}", answer);
                break;
            case (409, "already_claimed" or "approval_pending" or "claim_rejected"):
                Told(answer.Json["claim"]);
                break;
            case (409, "sold_out"):
                book.SoldOut.TryAdd((UserId, game.Few), () => Settled(() => Claim(game.Few, key: null)));
                break;
            default:
                client.History.Violated($"{UserId} had earned {offer} and was answered {answer.Status}: {answer.Text}");
                break;
        }
    }

    private void Told(JsonNode? claim)
    {
        if (claim is not null)
            book.Claimed(UserId, claim["offerId"]!.GetValue<string>(), claim["id"]!.GetValue<string>());
    }

    /// <summary>Is given points, spends some, and has one or the other undone: twice at once, under two keys.</summary>
    private Func<Task> Spends()
    {
        // Thrown now, since a step that is taken again must be the same.
        var (given, taken, isGivenBack, times) = (dice.Between(50, 100), dice.Between(1, 49), dice.Next(2) == 0, dice.Between(1, 2));
        return async () =>
        {
            var credit = await Move("credit", "credits", given, given, "given", times);
            var debit = await Move("debit", "debits", taken, -taken, "taken", times);
            var (transfer, effect) = isGivenBack ? (credit, -given) : (debit, taken);
            if (transfer is not null)
                await Task.WhenAll(Reverse(transfer, effect, "undone-1"), Reverse(transfer, effect, "undone-2"));
        };
    }

    private async Task<string?> Move(string kind, string path, long amount, long effect, string key, int times)
    {
        var wish = Points(kind, $"/v1/points/{path}", new { userId = UserId, amount, reason = "chaos" }, key);
        var answers = await Task.WhenAll(Enumerable.Repeat(wish, times).Select(one => client.Ask(one, () => GivesUp)));
        foreach (var answer in answers)
            Heard(answer, effect, key);
        return answers.FirstOrDefault(answer => answer.Status == 201)?.Field("id");
    }

    private async Task Reverse(string transfer, long effect, string key) =>
        Heard(await client.Ask(Points("reversal", $"/v1/points/transfers/{transfer}/reversal", new { reason = "undone" }, key), () => GivesUp), effect, key);

    private Wish Points(string kind, string path, object body, string key) =>
        new(kind, UserId, HttpMethod.Post, path, () => site.Tokens.Service(GameServer, Scopes.ActivitiesWrite, Scopes.PointsWrite)) { Body = body, Key = $"{UserId}-{key}" };

    private void Heard(Answer answer, long effect, string key)
    {
        if (answer.Status == 201)
        {
            book.HasMoved($"{UserId}-{key}", new Moved(UserId, effect, answer.Field("id")));
            book.Answered($"{UserId}-{key}", answer);
        }
        else if ((answer.Status, answer.Code) is not ((422, "insufficient_points") or (409, "already_reversed")))
        {
            client.History.Violated($"{UserId} {key} was answered {answer.Status}: {answer.Text}");
        }
    }
}
