using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Laurel.Platform.Secrets;

namespace Laurel.Auth.Sessions;

/// <summary>A refresh token that we have made: the session it belongs to, and its secret. Only the secret's hash is stored.</summary>
internal sealed record RefreshToken(SessionId Session, byte[] Secret)
{
    public byte[] Hash => SHA256.HashData(Secret);
}

/// <summary>
/// Makes and reads refresh tokens: <c>session id (16) | secret (32) | tag (16)</c> in base64url.
/// The tag proves that we made the token. So a token of the family that is not the current one is a replay, without a list of all
/// tokens ever given; and one that nobody gave never reaches the database.
/// </summary>
internal sealed class RefreshTokens(SecretBox secrets)
{
    public const string Prefix = "lrt_";

    private const int SessionLength = 16;
    private const int SecretLength = 32;
    private const int TagLength = 16;
    private const int Length = SessionLength + SecretLength + TagLength;

    private readonly byte[] _tagKey = secrets.DeriveKey("refresh-tokens/tag");
    private readonly byte[] _successorKey = secrets.DeriveKey("refresh-tokens/successor");

    public static RefreshToken First(SessionId session) => new(session, RandomNumberGenerator.GetBytes(SecretLength));

    /// <summary>The same token always has the same successor, so a lost answer can be given again though nothing is stored in clear.</summary>
    public RefreshToken Successor(RefreshToken token) => token with { Secret = HMACSHA256.HashData(_successorKey, token.Secret) };

    public string Write(RefreshToken token)
    {
        Span<byte> bytes = stackalloc byte[Length];
        token.Session.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        token.Secret.CopyTo(bytes[SessionLength..]);
        Tag(bytes[..^TagLength]).CopyTo(bytes[^TagLength..]);
        return Prefix + Base64Url.EncodeToString(bytes);
    }

    public bool TryRead(string text, [NotNullWhen(true)] out RefreshToken? token)
    {
        token = null;
        Span<byte> bytes = stackalloc byte[Length];
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)
            || text.Length != Prefix.Length + Base64Url.GetEncodedLength(Length)
            || !Base64Url.TryDecodeFromChars(text.AsSpan(Prefix.Length), bytes, out var length)
            || length != Length
            || !CryptographicOperations.FixedTimeEquals(Tag(bytes[..^TagLength]), bytes[^TagLength..]))
            return false;

        token = new RefreshToken(new SessionId(new Guid(bytes[..SessionLength], bigEndian: true)), bytes[SessionLength..^TagLength].ToArray());
        return true;
    }

    private ReadOnlySpan<byte> Tag(ReadOnlySpan<byte> body) => HMACSHA256.HashData(_tagKey, body).AsSpan(0, TagLength);
}
