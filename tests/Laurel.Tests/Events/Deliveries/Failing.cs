using System.Text.Json.Nodes;
using Laurel.Events.Deliveries;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>What an endpoint answers that is no success, and what becomes of a delivery then.</summary>
public sealed class Failing(GameWithEndpoint game) : IClassFixture<GameWithEndpoint>
{
    [Fact]
    public async Task A_failure_is_tried_again_under_the_same_id_until_it_succeeds()
    {
        Answers(500);
        var claim = await game.Claimed();
        var delivery = await game.App.Delivery(claim);
        Assert.Equal("failed 500", $"{delivery["lastAttempts"]![0]!["outcome"]} {delivery["lastAttempts"]![0]!["status"]}");
        IsPaused(delivery);
        Assert.Equal("processing", await game.App.ClaimStatus(claim));

        await game.GoesOn(claim);
        IsPaused(await game.App.Delivery(claim));
        Answers(200);
        await game.GoesOn(claim);
        await game.App.ClaimBecomes(claim, "completed");
        Assert.Single(game.Endpoint.About(claim).Select(message => message.Id).Distinct());
        Assert.Single(game.Endpoint.About(claim).Select(message => message.Body).Distinct());
    }

    [Theory]
    [InlineData("3600", 3_600)]
    [InlineData("1", null)]
    [InlineData("31536000", 86_400)]
    [InlineData("soon", null)]
    public async Task Who_asks_for_time_is_given_it_up_to_a_day(string wish, int? seconds)
    {
        game.Endpoint.Answers = (context, _) =>
        {
            context.Response.Headers.RetryAfter = wish;
            return Receiver.Status(context, 503);
        };
        var claim = await game.Claimed();
        var delivery = await game.App.Delivery(claim);
        if (seconds is { } asked)
            Assert.Equal(asked, Pause(delivery).TotalSeconds, 0.1);
        else
            IsPaused(delivery);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var inside = await Receiver.Start();
        game.Endpoint.Answers = (context, _) =>
        {
            context.Response.Headers.Location = inside.Url;
            return Receiver.Status(context, 307);
        };
        var claim = await game.Claimed();
        Assert.Equal(307, (int)(await game.App.Delivery(claim))["lastAttempts"]![0]!["status"]!);
        Assert.Empty(inside.Messages);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_a_failure()
    {
        game.Endpoint.Answers = (context, _) =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        var claim = await game.Claimed();
        Assert.StartsWith("It did not answer", (string)(await game.App.Delivery(claim))["lastAttempts"]![0]!["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_an_end_is_not_read_to_its_end()
    {
        var aborted = new TaskCompletionSource();
        game.Endpoint.Answers = async (context, _) =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(new byte[4096]);
        };
        var claim = await game.Claimed();
        await game.App.ClaimBecomes(claim, "completed");
        await aborted.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Who_is_gone_is_switched_off_and_told_what_waits_when_switched_on_again()
    {
        Answers(410);
        var claim = await game.Claimed();
        var webhook = $"/v1/webhooks/{game.Webhook}";
        await Eventually.True(async () => !(bool)(await game.App.Operator().Get(webhook)).Is(200).Json["enabled"]!);
        var disabled = (await game.App.Operator().Get(webhook)).Is(200);
        Assert.Equal("It answered 410 (Gone).", disabled.Field("disabledReason"));
        Assert.NotNull(disabled.Json["disabledAt"]);

        Answers(204);
        var (second, _, _) = await game.App.Claims(await game.App.GivesSwords());
        // While it is off nobody else may have what it fulfils.
        Assert.Empty((await game.App.Hands().Get("/v1/deliveries/pending")).Is(200).Json["items"]!.AsArray());
        Assert.Empty(game.Endpoint.About(second));

        var enabled = (await game.App.Operator().Patch(webhook, new { enabled = true })).Is(200);
        Assert.Null(enabled.Json["disabledAt"]);
        await game.App.ClaimBecomes(second, "completed");
        await game.GoesOn(claim);
        await game.App.ClaimBecomes(claim, "completed");
    }

    [Fact]
    public async Task Who_fails_for_days_is_switched_off()
    {
        Answers(500);
        var claim = await game.Claimed();
        var webhook = $"/v1/webhooks/{game.Webhook}";
        await Eventually.True(async () =>
        {
            // Again and again: a success of an earlier test may count in the same second as the first failures of this one.
            game.App.Clock.Advance(TimeSpan.FromDays(5));
            (await game.App.Operator().Post($"/v1/deliveries/{(await game.App.Delivery(claim))["id"]}/retry")).Is(202);
            return !(bool)(await game.App.Operator().Get(webhook)).Is(200).Json["enabled"]!;
        });
        Assert.Contains("5 days", (await game.App.Operator().Get(webhook)).Is(200).Field("disabledReason"), StringComparison.Ordinal);
        Answers(204);
        (await game.App.Operator().Patch(webhook, new { enabled = true })).Is(200);
        game.App.Clock.Advance(TimeSpan.FromSeconds(10));
        await game.App.ClaimBecomes(claim, "completed");
    }

    [Fact]
    public async Task After_ten_failures_it_is_dead_and_goes_on_by_hand_under_the_same_id()
    {
        Answers(500);
        var claim = await game.Claimed();
        for (var attempt = 2; attempt <= 10; attempt++)
            await game.GoesOn(claim);
        await game.App.DeliveryBecomes(claim, "dead");
        Assert.Equal("processing", await game.App.ClaimStatus(claim));
        Assert.Contains((await game.App.Operator().Get("/v1/deliveries?status=dead")).Is(200).Json["items"]!.AsArray(), item => (string)item!["claimId"]! == claim);
        var dead = await game.App.Events.QueryOne(
            "SELECT count(*) FROM deliveries WHERE status = 'dead'", row => row.GetInt64(0), [], TestContext.Current.CancellationToken);
        await Eventually.True(async () => (await game.App.Metrics()).Contains($"laurel_deliveries_dead {dead}\n", StringComparison.Ordinal));

        Answers(204);
        var id = (await game.App.Delivery(claim))["id"];
        (await game.App.Operator().Post($"/v1/deliveries/{id}/retry")).Is(202);
        await game.App.ClaimBecomes(claim, "completed");
        Assert.Equal(11, game.Endpoint.About(claim).Count);
        Assert.Single(game.Endpoint.About(claim).Select(message => message.Id).Distinct());
        (await game.App.Operator().Post($"/v1/deliveries/{id}/retry")).Refused(409, "delivery_decided");
    }

    [Fact]
    public async Task Begun_anew_by_hand_in_the_middle_of_its_last_attempt_it_is_not_dead_when_that_fails()
    {
        Answers(500);
        var claim = await game.Claimed();
        for (var attempt = 2; attempt <= 9; attempt++)
            await game.GoesOn(claim);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        game.Endpoint.Answers = async (context, _) =>
        {
            await answer.Task;
            await Receiver.Status(context, 500);
        };
        game.App.Clock.Advance((await game.App.Delivery(claim))["nextAttemptAt"]!.At() - game.App.Clock.GetUtcNow() + TimeSpan.FromSeconds(1));
        await Eventually.True(() => Task.FromResult(game.Endpoint.About(claim).Count == 10));

        (await game.App.Operator().Post($"/v1/deliveries/{(await game.App.Delivery(claim))["id"]}/retry")).Is(202);
        Answers(204);
        answer.SetResult();
        await game.App.ClaimBecomes(claim, "completed");
    }

    private void Answers(int status) => game.Endpoint.Answers = (context, _) => Receiver.Status(context, status);

    /// <summary>It is tried again when its schedule says so, whichever attempt was the last.</summary>
    private static void IsPaused(JsonNode delivery)
    {
        var pause = RetrySchedule.After(delivery["lastAttempts"]!.AsArray().Count, 0.5)!.Value;
        Assert.InRange(Pause(delivery), pause * 0.79, pause * 1.21);
    }

    /// <summary>From the end of its last attempt to the next one.</summary>
    private static TimeSpan Pause(JsonNode delivery) => delivery["nextAttemptAt"]!.At() - delivery["lastAttempts"]!.AsArray()[^1]!["at"]!.At();
}

/// <summary>An endpoint that never answers is given up, and the delivery is tried again.</summary>
public sealed class Silent(GameWithEndpoint game) : IClassFixture<GameWithEndpoint>
{
    [Fact]
    public async Task Who_says_nothing_has_failed()
    {
        game.Endpoint.Answers = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var claim = await game.Claimed();
        Assert.Contains("within 15 seconds", (string)(await game.App.Delivery(claim))["lastAttempts"]![0]!["error"]!, StringComparison.Ordinal);
        Assert.Equal("processing", await game.App.ClaimStatus(claim));
    }
}
