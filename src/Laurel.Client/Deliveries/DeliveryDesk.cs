using System.Text;

namespace Laurel.Client;

/// <summary>Takes deliveries that wait, and says what became of them; also of those that a webhook was told, and answered with 202.</summary>
public sealed class DeliveryDesk
{
    private const int MaxReason = 500;

    private readonly Transport _transport;

    internal DeliveryDesk(Transport transport) => _transport = transport;

    internal TimeProvider Time => _transport.Time;

    /// <summary>Takes deliveries that wait, once. Each is the caller's until its lease ends. <see cref="DeliveryPuller"/> does so again and again.</summary>
    /// <param name="limit">How many at most; up to 200.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<Delivery>> Pull(int limit = 50, CancellationToken cancellation = default) =>
        (await _transport.Call(HttpMethod.Get, Pending(limit), null, WireJson.Default.PendingAnswer, cancellation)).Items;

    /// <summary>Says that it was handed over. Said twice it is answered the same.</summary>
    /// <exception cref="LaurelException"><c>delivery_leased</c>: its lease ended, and somebody else has it. <c>delivery_decided</c>: it was decided otherwise.</exception>
    public Task<DeliveryState> Acknowledge(Delivery delivery, CancellationToken cancellation = default) =>
        Acknowledge(IdOf(delivery), LeaseOf(delivery), cancellation);

    /// <inheritdoc cref="Acknowledge(Delivery, CancellationToken)"/>
    public Task<DeliveryState> Acknowledge(Guid id, Guid lease, CancellationToken cancellation = default) =>
        Say(id, "ack", Transport.Write(new AckBody(lease), WireJson.Default.AckBody), cancellation);

    /// <summary>Says that it could not be handed over, such as into an inventory that is full. It is tried again later, under the same id.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="reason">Why, for operators.</param>
    /// <param name="permanent">It never can be: its claim fails, and its stock and points go back.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="LaurelException"><c>delivery_leased</c>: its lease ended, and somebody else has it. <c>delivery_decided</c>: it was decided otherwise.</exception>
    public Task<DeliveryState> Fail(Delivery delivery, string reason, bool permanent = false, CancellationToken cancellation = default) =>
        Fail(IdOf(delivery), LeaseOf(delivery), reason, permanent, cancellation);

    /// <inheritdoc cref="Fail(Delivery, string, bool, CancellationToken)"/>
    public Task<DeliveryState> Fail(Guid id, Guid lease, string reason, bool permanent = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return Say(id, "fail", Transport.Write(new FailBody(lease, Readable(reason), permanent), WireJson.Default.FailBody), cancellation);
    }

    /// <summary>Without a retry: who pulls again and again has a pause of its own.</summary>
    internal async Task<IReadOnlyList<Delivery>> TryPull(int limit, CancellationToken cancellation) =>
        (await _transport.Try(HttpMethod.Get, Pending(limit), null, WireJson.Default.PendingAnswer, cancellation)).Items;

    private static string Pending(int limit) => $"v1/deliveries/pending?limit={limit}";

    private Task<DeliveryState> Say(Guid id, string what, byte[] body, CancellationToken cancellation) =>
        _transport.Call(HttpMethod.Post, $"v1/deliveries/{id}/{what}", body, WireJson.Default.DeliveryState, cancellation);

    private static Guid IdOf(Delivery delivery)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        return delivery.Id;
    }

    private static Guid LeaseOf(Delivery delivery) =>
        delivery.Lease ?? throw new ArgumentException("Nobody is asked what became of this delivery: its webhook is only told.", nameof(delivery));

    /// <summary>A reason is often the message of some exception. Laurel takes so much of it, and no control characters.</summary>
    private static string Readable(string reason)
    {
        var text = new StringBuilder(reason.Length);
        foreach (var rune in reason.EnumerateRunes().Take(MaxReason))
            text.Append(Rune.IsControl(rune) ? new Rune(' ') : rune);
        return text.ToString();
    }
}
