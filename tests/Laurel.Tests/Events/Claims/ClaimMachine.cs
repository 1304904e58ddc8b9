using System.Globalization;
using Laurel.Events.Books;
using Laurel.Events.Claims;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Claims;

/// <summary>Whatever several people do to claims in whatever order, claims, stock and wallets are what the model says, after each step.</summary>
public sealed class ClaimMachine(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const int Steps = 80;

    /// <summary>How many stories are told; more of them by a switch.</summary>
    private static readonly int Stories =
        Environment.GetEnvironmentVariable("LAUREL_CLAIM_STORIES") is { } count ? int.Parse(count, CultureInfo.InvariantCulture) : 6;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_what_its_model_is()
    {
        var dice = Dice.Thrown();
        for (var story = 0; story < Stories; story++)
        {
            var told = new List<string>();
            try
            {
                await (await Story.Begin(app, dice)).Run(Steps, told);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                Assert.Fail($"seed {dice.Seed}, story {story}:\n{string.Join('\n', told)}\n{failure}");
            }
        }

        var findings = await app.Services.GetRequiredService<Bookkeeping>().Run(_ => { }, Cancellation);
        Assert.All(findings, finding => Assert.True(finding.Count == 0, $"seed {dice.Seed}: {finding.Law.Name}\n{string.Join('\n', finding.First)}"));
    }

    /// <summary>One event, its offers, and those who have to do with them.</summary>
    private sealed class Story(LaurelApp app, Dice dice, string @event, IReadOnlyDictionary<string, string> offers, IReadOnlyDictionary<string, string> rewards, Guid[] people, ClaimModel model)
    {
        private static readonly string[] Verbs = ["approve", "reject", "cancel", "revoke"];

        /// <summary>Points of one event with a stock of their own and the reward's; some that wait; an item; and two to be granted by hand.</summary>
        private static readonly Dictionary<string, ModelOffer> Offered = new(StringComparer.Ordinal)
        {
            ["points"] = new(10, IsDelivered: false, NeedsApproval: false, ("points", 3), ("small", 5)),
            ["approved"] = new(25, IsDelivered: false, NeedsApproval: true, ("approved", 3)) { Deadline = 3_500, OnDeadline = "approve" },
            ["item"] = new(5, IsDelivered: true, NeedsApproval: true) { Deadline = 7_500, OnDeadline = "reject" },
            ["small"] = new(10, IsDelivered: false, NeedsApproval: false, ("small", 5)),
            ["large"] = new(20_000, IsDelivered: false, NeedsApproval: true, ("large", 2)),
        };

        public static async Task<Story> Begin(LaurelApp app, Dice dice)
        {
            var (@operator, type) = (app.Somebody(Role.Operator), Playing.NewUser());
            var rewards = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["small"] = await Reward(@operator, 5, new { type = "points", amount = 10 }),
                ["approved"] = await Reward(@operator, null, new { type = "points", amount = 25 }),
                ["item"] = await Reward(@operator, null, new { type = "item", itemId = "sword", name = "A sword", quantity = 1 }, new { type = "points", amount = 5 }),
                ["large"] = await Reward(@operator, 2, new { type = "points", amount = 20_000 }),
            };
            var @event = await @operator.Runs(app.Draft(Goal.Count(type, 1)) with
            {
                Offers =
                [
                    new { rewardId = rewards["small"], stock = 3 },
                    new { rewardId = rewards["approved"], stock = 3, requiresApproval = true, approvalDeadlineSeconds = 3_500, onDeadline = "approve" },
                    new { rewardId = rewards["item"], requiresApproval = true, approvalDeadlineSeconds = 7_500, onDeadline = "reject" },
                ],
            });
            var ids = (await @operator.Get($"/v1/events/{@event}")).Is(200).Json["offers"]!.AsArray().Select(offer => (string)offer!["id"]!).ToList();
            var people = Enumerable.Range(0, 5).Select(_ => Playing.NewPerson()).ToArray();
            await app.Earns(type, people);
            var model = new ClaimModel(Offered) { Now = 0 };
            return new Story(
                app, dice, @event, new Dictionary<string, string>(StringComparer.Ordinal) { ["points"] = ids[0], ["approved"] = ids[1], ["item"] = ids[2] }, rewards, people, model);
        }

        public async Task Run(int steps, List<string> told)
        {
            for (var step = 0; step < steps; step++)
            {
                var (act, expected, answered) = await Step(step);
                told.Add($"{step}: {act} -> {expected}");
                Assert.True(expected == answered, $"{act}: {answered} instead of {expected}");
                await MustAgree();
            }
        }

        private async Task<(string Act, string Expected, string Answered)> Step(int step)
        {
            var (who, whom) = (dice.Pick(people), dice.Pick(people));
            switch (dice.Next(20))
            {
                case < 7:
                    var offer = dice.Pick(["points", "approved", "item"]);
                    var claimed = await app.Me(who).Post($"/v1/events/{@event}/claims", new { offerId = offers[offer] });
                    return ($"{who} claims {offer}", Named(model.Claim($"{who}", offer), claimed, claimed.Status == 201 ? (string?)claimed.Json["claims"]![0]!["id"] : null), Told(claimed));
                case < 16:
                    var id = model.Claims.Count > 0 ? dice.Pick([.. model.Claims.Keys]) : $"{Playing.NewPerson()}";
                    var (verb, retry) = (dice.Pick(Verbs), dice.Next(2) == 0);
                    object body = verb switch { "approve" => new { }, "reject" => new { reason = "no", allowRetry = retry }, _ => new { reason = "no" } };
                    var expected = model.Decide($"{who}", id, verb, retry && verb == "reject");
                    return ($"{who}: {verb} {id} {retry}", expected, Told(await app.Me(who, Role.Operator).Post($"/v1/claims/{id}/{verb}", body)));
                case < 18:
                    var reward = dice.Pick(["small", "large"]);
                    var granted = await app.Me(who, Role.Operator).Grants($"{whom}", rewards[reward], $"step-{step}");
                    return ($"{who} grants {reward} to {whom}", Named(model.Grant($"{who}", $"{whom}", reward), granted, granted.Status == 201 ? granted.Field("id") : null), Told(granted));
                case 18:
                    var amount = dice.Between(1, 30);
                    var spent = await app.Anonymous.As(app.ServiceToken(Scopes.PointsWrite)).Send(
                        HttpMethod.Post, "/v1/points/debits", Api.Json(new { userId = $"{who}", amount }), ("Idempotency-Key", $"{@event}-{step}"));
                    return ($"{who} spends {amount}", model.Spend($"{who}", amount), Told(spent));
                default:
                    // Far from where a deadline is over: the story itself takes some time too.
                    var seconds = dice.Between(1, 4) * 1_000;
                    app.Clock.Advance(TimeSpan.FromSeconds(seconds));
                    model.Pass(model.Now + seconds);
                    await app.Services.GetRequiredService<ClaimDeadlines>().Decide(Cancellation);
                    return ($"{seconds} seconds go by", "done", "done");
            }
        }

        private string Named(string expected, Answer answer, string? id)
        {
            Assert.True(expected == "done" == id is not null, $"{answer.Text} where {expected} was expected");
            if (id is not null)
                model.Name(id);
            return expected;
        }

        private static string Told(Answer answer) => answer.Status < 300 ? "done" : answer.Code!;

        private async Task MustAgree()
        {
            var users = people.Select(person => $"{person}").ToArray();
            var claims = await app.Events.Query(
                "SELECT id::text, status FROM claims WHERE user_id = ANY ($1)", row => (row.GetString(0), row.GetString(1)), [users], Cancellation);
            Assert.Equal(model.Claims.Select(one => (one.Key, one.Value.Status)).Order(), claims.Order());

            var balances = await app.Events.Query(
                "SELECT user_id, balance FROM balances WHERE user_id = ANY ($1) AND balance > 0", row => (row.GetString(0), row.GetInt64(1)), [users], Cancellation);
            Assert.Equal(model.Balances.Where(one => one.Value > 0).Select(one => (one.Key, one.Value)).Order(), balances.Order());

            foreach (var (name, owner) in (IEnumerable<(string, string)>)[("points", offers["points"]), ("approved", offers["approved"]), ("small", rewards["small"]), ("large", rewards["large"])])
            {
                Assert.Equal((name, model.Taken.GetValueOrDefault(name)), (name, await app.Events.QueryOne(
                    "SELECT taken FROM stocks WHERE owner = $1", row => row.GetInt64(0), [Guid.Parse(owner)], Cancellation)));
            }
        }

        private static async Task<string> Reward(Api @operator, long? stock, params object[] contents) =>
            (await @operator.Post("/v1/rewards", new { name = "A reward", contents, stock })).Is(201).Field("id");
    }
}
