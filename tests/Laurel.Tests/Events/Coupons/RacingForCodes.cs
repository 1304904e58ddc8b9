using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Coupons;

/// <summary>More users than codes, at two processes at once: every code goes to one of them, and nobody is told too early that there are none.</summary>
public sealed class RacingForCodes(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Api _operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_last_codes_go_to_as_many_users_at_two_processes(bool requiresApproval)
    {
        const int Codes = 300;
        var (reward, @event, users) = await Earned(1_000, requiresApproval);
        var codes = Pools.NewCodes(Codes);
        // Of three lots, so that a batch takes of more than one.
        (await _operator.Uploads(reward, Pools.FileOf(codes[..120]))).Is(200);
        (await _operator.Uploads(reward, Pools.FileOf(codes[120..130].Select(code => $"{code},2099-01-01T00:00:00Z")))).Is(200);
        (await _operator.Uploads(reward, Pools.FileOf(codes[130..]))).Is(200);
        await using var folder = new TemporaryFolder();
        await using var second = await app.ServedBySecond(folder);
        using var http = Crowd();

        var answers = await Task.WhenAll(users.Index().Select(user => Claim(http, user.Index % 2 == 0 ? app.Address : second.Api.Http.BaseAddress!, @event, user.Item)));

        Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.Created || answer.Code == "sold_out", $"{answer.Status} {answer.Code}"));
        Assert.Equal(Codes, answers.Count(answer => answer.Status == HttpStatusCode.Created));
        Assert.Equal((Codes, 0, Codes, 0), (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted());
        if (requiresApproval)
        {
            await Task.WhenAll(answers.Where(answer => answer.Claim is not null).Select(async answer =>
                (await _operator.Post($"/v1/claims/{answer.Claim!["id"]}/approve")).Is(200)));
        }

        var shown = await Task.WhenAll(answers.Where(answer => answer.Claim is not null).Select(async answer =>
            (await app.Anonymous.As(app.PersonToken(answer.User)).Get($"/v1/me/claims/{answer.Claim!["id"]}")).Is(200).Json.Code()));
        Assert.Equal(codes.Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));
        await Pools.AreSound(app.Events);
    }

    [Fact]
    public async Task Codes_that_arrive_and_come_back_during_a_rush_are_given_too()
    {
        const int Waves = 10;
        const int Wave = 20;
        var (reward, @event, users) = await Earned(400, requiresApproval: true);
        await using var folder = new TemporaryFolder();
        await using var second = await app.ServedBySecond(folder);
        using var http = Crowd();
        var codes = Pools.NewCodes(Waves * Wave);
        var isOver = false;

        var uploading = Task.Run(async () =>
        {
            foreach (var wave in codes.Chunk(Wave))
                (await _operator.Uploads(reward, Pools.FileOf(wave))).Is(200);
        }, Cancellation);
        var rejecting = Task.Run(async () =>
        {
            for (var rejected = 0; rejected < 50 || !Volatile.Read(ref isOver);)
            {
                var waiting = (await _operator.Get($"/v1/claims?eventId={@event}&status=pending&limit=3")).Is(200).Json["items"]!.AsArray();
                foreach (var claim in waiting)
                    (await _operator.Post($"/v1/claims/{claim!["id"]}/reject", new { reason = "again", allowRetry = true })).Is(200);
                rejected += waiting.Count;
            }
        }, Cancellation);
        await Parallel.ForEachAsync(users.Index(), new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = Cancellation }, async (user, _) =>
        {
            var at = user.Index % 2 == 0 ? app.Address : second.Api.Http.BaseAddress!;
            Assert.Contains((await Claim(http, at, @event, user.Item)).Code, new[] { null, "sold_out" });
        });
        await uploading;
        Volatile.Write(ref isOver, true);
        await rejecting;

        // Whoever asks now finds all that is left.
        var (_, free, _, _) = (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted();
        var late = await Task.WhenAll(users.Select(user => Claim(http, app.Address, @event, user)));
        Assert.Equal(free, late.Count(answer => answer.Status == HttpStatusCode.Created));
        Assert.Equal((codes.Length, 0, codes.Length, 0), (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted());
        await Pools.AreSound(app.Events);
    }

    [Fact]
    public async Task Whoever_waits_for_another_transaction_that_fails_gets_its_codes()
    {
        var (reward, @event, users) = await Earned(1, requiresApproval: false);
        (await _operator.Uploads(reward, Pools.FileOf(Pools.NewCodes(1)))).Is(200);
        using var http = Crowd();
        await using var other = await app.Events.Hold(
            """
            WITH entered AS (UPDATE coupon_pools SET turns = turns + 1 FROM coupon_lots WHERE coupon_lots.pool = coupon_pools.pool AND taken < last)
            UPDATE coupon_lots SET taken = last WHERE taken < last
            """);

        var claiming = Claim(http, app.Address, @event, users[0]);
        await Eventually.True(async () => await app.Events.Waiting("%coupon_pools%") > 0);
        await other.RollbackAsync(Cancellation);

        Assert.Equal(HttpStatusCode.Created, (await claiming).Status);
    }

    private async Task<(string Reward, string Event, Guid[] Users)> Earned(int users, bool requiresApproval)
    {
        var type = Playing.NewUser();
        var reward = await _operator.CreatesReward(Pools.Of(Pools.NewPool()));
        var @event = await _operator.Runs(app.Draft(Goal.Count(type, 1)) with { Offers = [new { rewardId = reward, requiresApproval }] });
        var ids = Enumerable.Range(0, users).Select(_ => Playing.NewPerson()).ToArray();
        foreach (var some in ids.Chunk(1_000))
            (await app.GameServer().Reports([.. some.Select(id => Playing.Did(id.ToString(), type, app.Clock.GetUtcNow()))])).Is(200);
        return (reward, @event, ids);
    }

    private static HttpClient Crowd() => new(new SocketsHttpHandler { MaxConnectionsPerServer = 64 });

    private async Task<(Guid User, HttpStatusCode Status, string? Code, JsonNode? Claim)> Claim(HttpClient http, Uri server, string @event, Guid user)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, $"/v1/events/{@event}/claims")) { Content = JsonContent.Create(new { }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", app.PersonToken(user));
        using var response = await http.SendAsync(request, Cancellation);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        return (user, response.StatusCode, (string?)answer["code"], answer["claims"]?[0]);
    }
}
