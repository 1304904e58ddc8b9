using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Laurel.Platform.Access;

/// <summary>
/// The secret that Laurel's own processes share: by it they know one another before anybody has an account. What goes over the wire is
/// no more than a stamp of this minute.
/// </summary>
public sealed class ClusterKey(byte[] key, TimeProvider time)
{
    public const int MinLength = 32;

    /// <summary>Who speaks with such a stamp.</summary>
    public const string Subject = "laurel";

    private const string Prefix = "laurel-cluster.";

    private static readonly TimeSpan Validity = TimeSpan.FromMinutes(1);

    /// <summary>The configured one, or else one made of what processes that share a database share anyway.</summary>
    public static ClusterKey Load(string? configured, Func<byte[]> derived, TimeProvider time)
    {
        if (string.IsNullOrWhiteSpace(configured))
            return new ClusterKey(derived(), time);
        return configured.Trim().Length >= MinLength
            ? new ClusterKey(SHA256.HashData(Encoding.UTF8.GetBytes(configured.Trim())), time)
            : throw new StartupException($"Laurel__ClusterSecret is too short: {MinLength} characters or more, for example from `openssl rand -base64 {MinLength}`.");
    }

    public string Stamp() => Stamp(time.GetUtcNow().ToUnixTimeSeconds());

    public static bool IsStamp(ReadOnlySpan<char> token) => token.StartsWith(Prefix, StringComparison.Ordinal);

    public bool Accepts(ReadOnlySpan<char> token)
    {
        if (!IsStamp(token))
            return false;
        var rest = token[Prefix.Length..];
        var dot = rest.IndexOf('.');
        return dot > 0
            && long.TryParse(rest[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            && at <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            && (time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(at)).Duration() <= Validity
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Stamp(at)), Encoding.UTF8.GetBytes(token.ToString()));
    }

    /// <summary>
    /// What one service and the gateways share, and nobody else: by it the service knows that it was a gateway that told it who calls.
    /// Another account that comes to own the name gets another key.
    /// </summary>
    public byte[] KeyOf(string service, string owner) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"laurel-service.{service}.{owner}"));

    private string Stamp(long at) => string.Create(
        CultureInfo.InvariantCulture, $"{Prefix}{at}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Prefix}{at}")))}");
}
