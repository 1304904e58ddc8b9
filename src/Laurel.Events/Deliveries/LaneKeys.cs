namespace Laurel.Events.Deliveries;

/// <summary>An endpoint's keys, opened once.</summary>
internal sealed class LaneKeys(Signing signing, WebhookSecrets secrets, TimeProvider time)
{
    private readonly IReadOnlyList<byte[]> _both = signing.Keys(secrets, DateTimeOffset.MinValue);
    private readonly IReadOnlyList<byte[]> _current = signing.Keys(secrets, DateTimeOffset.MaxValue);

    public IReadOnlyList<byte[]> Now => time.GetUtcNow() < secrets.PreviousUntil ? _both : _current;
}
