using System.Text.Json.Nodes;
using Laurel.Chaos.World;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Chaos.Load;

/// <summary>Approves and rejects what waits, revokes and cancels some of the rest. Several do the same at once.</summary>
internal sealed class OperatorAtWork(Site site, Game game, Client client, Book book, Dice dice)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Guid _id = Playing.NewPerson();

    public async Task Work(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            await Decide("pending", game.Approved, 20, () => dice.Next(4) == 0 ? "reject" : "approve");
            await Decide("completed", game.Few, 2, () => "revoke");
            await Decide("processing", game.Item, 1, () => "cancel");
            await Decide("completed", game.Item, 1, () => "revoke");
            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    private async Task Decide(string status, string offer, int atMost, Func<string> verb)
    {
        var list = await client.Ask(new Wish("list", status, HttpMethod.Get, $"/v1/claims?status={status}&offerId={offer}&limit={atMost}", Token));
        foreach (var claim in list.Is(200).Json["items"]!.AsArray())
            await Decide(claim!["id"]!.GetValue<string>(), verb());
    }

    private async Task Decide(string claim, string verb)
    {
        var answer = await client.Ask(new Wish(verb, claim, HttpMethod.Post, $"/v1/claims/{claim}/{verb}", Token) { Body = new { reason = "chaos" } });
        switch (answer.Status, answer.Status < 400 ? null : answer.Code)
        {
            case (200, _):
            case (409, "already_decided") when IsMine(answer.Json["claim"], verb):
                book.Ruled(claim, verb, _id.ToString());
                break;
            case (409, "already_decided") or (422, "insufficient_points"):
                break;
            default:
                client.History.Violated($"{verb} of {claim} was answered {answer.Status}: {answer.Text}");
                break;
        }
    }

    /// <summary>The answer to an earlier attempt was lost.</summary>
    private bool IsMine(JsonNode? claim, string verb) => claim?["decidedBy"]?.GetValue<string>() == _id.ToString() && claim["status"]!.GetValue<string>() == verb switch
    {
        "approve" => "completed",
        "reject" => "rejected",
        "revoke" => "revoked",
        _ => "failed",
    };

    private string Token() => site.Tokens.Person(_id, Role.Operator);
}
