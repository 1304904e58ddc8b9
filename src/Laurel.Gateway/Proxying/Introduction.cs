using System.Buffers.Text;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Laurel.Platform.Access;
using Laurel.Platform.Http;

namespace Laurel.Gateway.Proxying;

/// <summary>
/// What a service that is not Laurel's is told of who calls. It is signed by a key that only the gateways and this service have, so that
/// who reaches the service by another way cannot say it.
/// </summary>
/// <param name="key">None where nobody has registered who could have been given one.</param>
/// <param name="time">By which the signature is dated.</param>
internal sealed class Introduction(byte[]? key, TimeProvider time)
{
    public const string UserId = "X-User-Id";
    public const string UserRole = "X-User-Role";
    public const string Signature = "X-User-Signature";

    public void Make(Caller? caller, HttpRequestHeaders outgoing)
    {
        if (caller is null)
            return;
        var id = Uri.EscapeDataString(caller.Subject);
        var role = caller.Role is { } person ? WireNames<Role>.Of(person) : "SERVICE";
        outgoing.TryAddWithoutValidation(UserId, id);
        outgoing.TryAddWithoutValidation(UserRole, role);
        if (key is not null)
            outgoing.TryAddWithoutValidation(Signature, Sign(key, time.GetUtcNow().ToUnixTimeSeconds(), role, id));
    }

    private static string Sign(byte[] key, long at, string role, string id) => string.Create(
        CultureInfo.InvariantCulture, $"{at}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{at}.{role}.{id}")))}");
}
