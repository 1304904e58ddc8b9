using System.Globalization;
using Laurel.Events.Books;
using Laurel.Events.Claims;
using Laurel.Platform.Access;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Claims;

/// <summary>Operators decide at the very moment at which Laurel does, in several processes.</summary>
public sealed class RacingDecisions(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const int AtOnce = 25;

    /// <summary>How many claims are raced for; 1,000 by a switch.</summary>
    private static readonly int Races =
        Environment.GetEnvironmentVariable("LAUREL_CLAIM_RACES") is { } count ? int.Parse(count, CultureInfo.InvariantCulture) : 100;

    private readonly Guid _me = Playing.NewPerson();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Api Operator => app.Me(_me, Role.Operator);

    [Fact]
    public async Task One_of_approval_rejection_and_deadline_wins_and_stock_and_points_agree_with_it()
    {
        for (var raced = 0; raced < Races; raced += AtOnce)
        {
            var outcome = (raced / AtOnce) % 2 == 0 ? "approve" : "reject";
            var offered = await app.Offers(
                Operator, reward => new { rewardId = reward, requiresApproval = true, stock = AtOnce, approvalDeadlineSeconds = 60, onDeadline = outcome });
            var players = Enumerable.Range(0, AtOnce).Select(_ => Playing.NewPerson()).ToArray();
            var ids = await app.Pending(offered, players);
            await Race(ids);

            var paid = (await Task.WhenAll(ids.Select(Operator.StatusOf))).Count(status => status == "completed");
            Assert.Equal(paid * 10, (await Task.WhenAll(players.Select(app.Points))).Sum());
            Assert.Equal(AtOnce - paid, (int)(await app.Me(players[0]).Progress(offered.Event))["offers"]![0]!["stockLeft"]!);
        }

        var findings = await app.Services.GetRequiredService<Bookkeeping>().Run(_ => { }, Cancellation);
        Assert.All(findings, finding => Assert.Equal((finding.Law.Name, 0L), (finding.Law.Name, finding.Count)));
    }

    private async Task Race(List<string> ids)
    {
        // Two who look for deadlines as two processes do; and the one that this process has itself.
        ClaimDeadlines[] clocks = [.. Enumerable.Range(0, 2).Select(_ => ActivatorUtilities.CreateInstance<ClaimDeadlines>(app.Services))];
        app.Clock.Advance(TimeSpan.FromSeconds(61));
        var (approving, rejecting) = (Operator, app.Somebody(Role.Operator));
        var expiring = clocks.Select(clock => clock.Decide(Cancellation)).ToList();
        var answers = await Task.WhenAll(ids.Shuffle().SelectMany(id => new[] { Decide(approving, id, "approve"), Decide(rejecting, id, "reject") }));
        await Task.WhenAll(expiring);

        foreach (var ofClaim in answers.GroupBy(answer => answer.Id))
        {
            var byLaurel = (string?)(await Operator.Claim(ofClaim.Key))["decidedBy"] == "laurel";
            Assert.Equal(byLaurel ? 0 : 1, ofClaim.Count(one => one.Answer.Status == 200));
            Assert.All(ofClaim.Where(one => one.Answer.Status != 200), one => one.Answer.Refused(409, "already_decided"));
        }
    }

    private static async Task<(string Id, Answer Answer)> Decide(Api @operator, string id, string verb) =>
        (id, await @operator.Post($"/v1/claims/{id}/{verb}", new { reason = verb }));
}
