using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Laurel.Client;

/// <summary>What a message to a webhook is worth, in order of precedence.</summary>
public enum WebhookVerdict
{
    /// <summary>It lacks one of the three headers.</summary>
    HeadersMissing,

    /// <summary>Its time is no number of seconds.</summary>
    TimestampUnreadable,

    /// <summary>It is older than five minutes: sent again by somebody who has overheard it, or the clocks differ.</summary>
    TooOld,

    /// <summary>It is from more than five minutes ahead.</summary>
    TooNew,

    /// <summary>None of its signatures is by one of the secrets.</summary>
    WrongSignature,

    /// <summary>Laurel has sent it.</summary>
    Genuine,
}

/// <summary>
/// Tells whether a message to a webhook is Laurel's: signatures after Standard Webhooks, HMAC-SHA256 over <c>id.timestamp.body</c>. The body
/// has to be the bytes as they came, before anybody has parsed them.
/// </summary>
public sealed class WebhookVerifier
{
    private const string Prefix = "whsec_";
    private const string Version = "v1,";

    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly byte[][] _keys;
    private readonly TimeProvider _time;

    /// <summary>With one secret, or several while they rotate.</summary>
    /// <exception cref="ArgumentException">There is none, or one is no base64.</exception>
    public WebhookVerifier(params IEnumerable<string> secrets)
        : this(secrets, TimeProvider.System)
    {
    }

    /// <summary>With a clock of one's own.</summary>
    /// <exception cref="ArgumentException">There is no secret, or one is no base64.</exception>
    public WebhookVerifier(IEnumerable<string> secrets, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        ArgumentNullException.ThrowIfNull(time);
        _keys = [.. secrets.Select(Key)];
        _time = time;
        if (_keys.Length == 0)
            throw new ArgumentException("Give a secret: the one that Laurel showed when the webhook was made.", nameof(secrets));
    }

    /// <summary>What a message is worth.</summary>
    /// <param name="id">Its header <c>webhook-id</c>.</param>
    /// <param name="timestamp">Its header <c>webhook-timestamp</c>.</param>
    /// <param name="signatures">Its header <c>webhook-signature</c>.</param>
    /// <param name="body">Its body, as it came.</param>
    public WebhookVerdict Judge(string? id, string? timestamp, string? signatures, ReadOnlySpan<byte> body)
    {
        if (string.IsNullOrEmpty(id) || string.IsNullOrEmpty(timestamp) || string.IsNullOrEmpty(signatures))
            return WebhookVerdict.HeadersMissing;
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            return WebhookVerdict.TimestampUnreadable;
        var age = _time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(seconds);
        if (age > Tolerance)
            return WebhookVerdict.TooOld;
        if (age < -Tolerance)
            return WebhookVerdict.TooNew;
        return IsSigned(id, timestamp, signatures, body) ? WebhookVerdict.Genuine : WebhookVerdict.WrongSignature;
    }

    /// <summary>What a message says, if it is Laurel's.</summary>
    /// <param name="header">Gives the value of a header by its name; null where there is none.</param>
    /// <param name="body">Its body, as it came.</param>
    /// <exception cref="WebhookException">It is not to be believed, or not to be understood. To be answered with 400.</exception>
    public WebhookMessage Read(Func<string, string?> header, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(header);
        var id = header("webhook-id");
        var verdict = Judge(id, header("webhook-timestamp"), header("webhook-signature"), body);
        if (verdict != WebhookVerdict.Genuine)
            throw new WebhookException(verdict, $"This message is not Laurel's: {verdict}.");
        try
        {
            return WebhookMessage.Of(id!, JsonSerializer.Deserialize(body, WireJson.Default.WebhookBody) ?? throw new JsonException("It is null."));
        }
        catch (JsonException unlike)
        {
            throw new WebhookException(verdict, $"This version of the client does not understand the message: {unlike.Message}", unlike);
        }
    }

    private bool IsSigned(string id, string timestamp, string signatures, ReadOnlySpan<byte> body)
    {
        byte[] message = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        var genuine = false;
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var key in _keys)
        {
            var expected = HMACSHA256.HashData(key, message);
            foreach (var range in signatures.AsSpan().Split(' '))
            {
                // Of other versions there may be some, which are for others.
                var signature = signatures.AsSpan(range);
                if (signature.StartsWith(Version, StringComparison.Ordinal)
                    && Convert.TryFromBase64Chars(signature[Version.Length..], given, out var length)
                    && length == given.Length)
                    genuine |= CryptographicOperations.FixedTimeEquals(expected, given);
            }
        }

        return genuine;
    }

    private static byte[] Key(string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var base64 = secret.StartsWith(Prefix, StringComparison.Ordinal) ? secret[Prefix.Length..] : secret;
        var key = new byte[base64.Length];
        // Not told which: what is thrown here is logged.
        return Convert.TryFromBase64String(base64, key, out var length) && length > 0
            ? key[..length]
            : throw new ArgumentException("A secret is whsec_ and base64, as Laurel showed it when the webhook was made.", nameof(secret));
    }
}

/// <summary>A message to a webhook that is not to be believed, or not to be understood.</summary>
public sealed class WebhookException : Exception
{
    internal WebhookException(WebhookVerdict verdict, string message, Exception? inner = null)
        : base(message, inner) => Verdict = verdict;

    /// <summary>What it is worth. One that is genuine was not understood.</summary>
    public WebhookVerdict Verdict { get; }
}
