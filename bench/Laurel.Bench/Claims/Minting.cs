using Laurel.Platform.Postgres;
using Laurel.Platform.Secrets;
using Laurel.Platform.Tokens;
using Npgsql;

namespace Laurel.Bench.Claims;

/// <summary>
/// Makes the access tokens of many users at once, with the server's own key: to sign up a hundred thousand would measure the hashing
/// of passwords.
/// </summary>
internal sealed class Minting(SigningKey key, TimeProvider time)
{
    private static readonly TokenSigner Signer = new("laurel", "laurel");

    /// <summary>Longer than a run.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(2);

    /// <summary>With the key that signs now, which lies sealed in the auth service's database.</summary>
    public static async Task<Minting> Load(NpgsqlDataSource auth, SecretBox secrets, TimeProvider time, CancellationToken cancel)
    {
        var box = await auth.QueryOne("SELECT sealed FROM signing_keys WHERE retires_at IS NULL", row => row.GetFieldValue<byte[]>(0), [], cancel);
        var pkcs8 = box is null ? null : secrets.Open("signing-key", box);
        return new Minting(SigningKey.ImportPkcs8(pkcs8 ?? throw new BenchException("The server's signing key cannot be opened.")), time);
    }

    public string[] ForUsers(int count)
    {
        var now = time.GetUtcNow();
        var tokens = new string[count];
        Parallel.For(0, count, user => tokens[user] = Signer.Sign(
            new Identity
            {
                Subject = Users.Id(user),
                Role = "USER",
                SessionId = Guid.CreateVersion7(now).ToString(),
                IssuedAt = now,
                ExpiresAt = now + Lifetime,
            },
            key));
        return tokens;
    }
}
