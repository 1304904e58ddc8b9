namespace Laurel.Client;

/// <summary>
/// Gives and takes users' points. The key makes each order one that is done once, however often it is sent: it should be what the game
/// itself knows the order by, such as the number of a purchase. The same key with another order is refused (<c>idempotency_key_reused</c>).
/// </summary>
public sealed class PointsDesk
{
    private readonly Transport _transport;

    internal PointsDesk(Transport transport) => _transport = transport;

    /// <summary>Gives a user points.</summary>
    /// <exception cref="LaurelException">Such as <c>balance_full</c>.</exception>
    public Task<PointsTransfer> Credit(string userId, long amount, string idempotencyKey, string? reason = null, CancellationToken cancellation = default) =>
        Move("v1/points/credits", userId, amount, idempotencyKey, reason, cancellation);

    /// <summary>Takes points from a user.</summary>
    /// <exception cref="LaurelException">Such as <c>insufficient_points</c>.</exception>
    public Task<PointsTransfer> Debit(string userId, long amount, string idempotencyKey, string? reason = null, CancellationToken cancellation = default) =>
        Move("v1/points/debits", userId, amount, idempotencyKey, reason, cancellation);

    /// <summary>Undoes a credit or a debit.</summary>
    /// <exception cref="LaurelException">Such as <c>already_reversed</c>.</exception>
    public Task<PointsTransfer> Reverse(Guid transferId, string idempotencyKey, string? reason = null, CancellationToken cancellation = default)
    {
        CheckKey(idempotencyKey);
        var body = Transport.Write(new ReversalBody(reason), WireJson.Default.ReversalBody);
        return _transport.Call(
            HttpMethod.Post, $"v1/points/transfers/{transferId}/reversal", body, WireJson.Default.PointsTransfer, cancellation, idempotencyKey);
    }

    private static void CheckKey(string idempotencyKey)
    {
        ArgumentNullException.ThrowIfNull(idempotencyKey);
        if (idempotencyKey.Length is 0 or > 255 || idempotencyKey.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new ArgumentException("A key has 1 to 255 visible ASCII characters.", nameof(idempotencyKey));
    }

    private Task<PointsTransfer> Move(string path, string userId, long amount, string idempotencyKey, string? reason, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(userId);
        CheckKey(idempotencyKey);
        var body = Transport.Write(new PointsBody(userId, amount, reason), WireJson.Default.PointsBody);
        return _transport.Call(HttpMethod.Post, path, body, WireJson.Default.PointsTransfer, cancellation, idempotencyKey);
    }
}

/// <summary>A transfer of points that was made.</summary>
/// <param name="Id">The transfer.</param>
/// <param name="Balance">What the user had after it.</param>
public sealed record PointsTransfer(Guid Id, long Balance);
