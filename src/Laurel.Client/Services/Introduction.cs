using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Laurel.Client;

/// <summary>
/// Who calls, as the gateways tell it: signed by a key that no client and no other service has, which Laurel gives to whoever registers
/// the service.
/// </summary>
internal static class Introduction
{
    /// <summary>Clocks differ; and what was overheard is good for no longer.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <returns>Null where nobody is named, or it was not a gateway that named them.</returns>
    public static VerifiedUser? Read(Func<string, string?> header, byte[] key, DateTimeOffset now)
    {
        if (header("X-User-Id") is not { Length: > 0 } id || header("X-User-Role") is not { Length: > 0 } role || header("X-User-Signature") is not { } signature)
            return null;
        var dot = signature.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0
            || !long.TryParse(signature.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            || at > DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            || (now - DateTimeOffset.FromUnixTimeSeconds(at)).Duration() > Tolerance)
        {
            return null;
        }

        var expected = Base64Url.EncodeToUtf8(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{at}.{role}.{id}"))));
        return CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(signature[(dot + 1)..]))
            ? new VerifiedUser(Uri.UnescapeDataString(id), role)
            : null;
    }
}
