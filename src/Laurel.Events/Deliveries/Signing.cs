using System.Security.Cryptography;
using System.Text;
using Laurel.Platform.Secrets;

namespace Laurel.Events.Deliveries;

/// <summary>
/// Signatures after Standard Webhooks: HMAC-SHA256 over <c>id.timestamp.body</c>. Secrets are shown once, and lie sealed in the database.
/// </summary>
internal sealed class Signing(SecretBox secrets)
{
    public const string Prefix = "whsec_";

    /// <summary>How far a message's time may be from ours.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>So long a header is at most that is looked at: some signatures, and not thousands.</summary>
    public const int MaxSignatures = 1_000;

    private const int SecretLength = 32;
    private const string Purpose = "webhook-secret";

    private readonly byte[] _leases = secrets.DeriveKey("delivery-leases");

    /// <summary>A new secret, as it is shown and as it is stored.</summary>
    public (string Shown, byte[] Sealed) NewSecret()
    {
        var secret = RandomNumberGenerator.GetBytes(SecretLength);
        return (Prefix + Convert.ToBase64String(secret), secrets.Seal(Purpose, secret));
    }

    /// <summary>The keys of an endpoint that count at this time, the newest first.</summary>
    public IReadOnlyList<byte[]> Keys(WebhookSecrets stored, DateTimeOffset now) =>
        stored is { Previous: { } previous, PreviousUntil: { } until } && now < until ? [Open(stored.Current), Open(previous)] : [Open(stored.Current)];

    /// <summary>The header's value: one signature of each key.</summary>
    public static string Sign(IReadOnlyList<byte[]> keys, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        var message = Message(id, timestamp, body);
        return string.Join(' ', keys.Select(key => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, message))}"));
    }

    /// <summary>Whether one of the signatures is by one of the keys.</summary>
    public static bool Verifies(IReadOnlyList<byte[]> keys, string id, long timestamp, ReadOnlySpan<byte> body, string signatures)
    {
        var message = Message(id, timestamp, body);
        var expected = keys.Select(key => Encoding.ASCII.GetBytes($"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, message))}")).ToList();
        return signatures.Split(' ').Any(signature => expected.Exists(one => CryptographicOperations.FixedTimeEquals(one, Encoding.UTF8.GetBytes(signature))));
    }

    /// <summary>
    /// What a game that will call back shows with it. It is the same in every attempt: whichever of them a game has applied, that it has
    /// is true. It is made of the delivery's id, so nothing is stored for it.
    /// </summary>
    public Guid CallbackLease(DeliveryId delivery)
    {
        Span<byte> id = stackalloc byte[16];
        delivery.Value.TryWriteBytes(id, bigEndian: true, out _);
        return new Guid(HMACSHA256.HashData(_leases, id).AsSpan(0, 16), bigEndian: true);
    }

    private byte[] Open(byte[] box) => secrets.Open(Purpose, box)
        ?? throw new InvalidOperationException("A webhook's secret was sealed under another master key: give Laurel__MasterKey, or the data folder, with which it was made.");

    private static byte[] Message(string id, long timestamp, ReadOnlySpan<byte> body) => [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
}
