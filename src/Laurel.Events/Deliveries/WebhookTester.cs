namespace Laurel.Events.Deliveries;

/// <summary>Sends an endpoint a message that means nothing, to see whether it is there and reads signatures.</summary>
internal sealed class WebhookTester(Signing signing, NameResolver names, EventsOptions options, TimeProvider time)
{
    public async Task<WebhookTest> Test(Webhook webhook, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        using var caller = new WebhookCaller(webhook.Url, names, time, options.AllowLoopbackWebhooks);
        var reply = await caller.Call(
            Guid.CreateVersion7(now).ToString(), WebhookMessage.Test(now), signing.Keys(webhook.Secrets, now), wantsAnswer: true, cancellation);
        return new WebhookTest(reply.Status is >= 200 and < 300, reply.Status, reply.Error, (int)reply.Took.TotalMilliseconds, reply.Beginning);
    }
}
