using System.Security.Cryptography;
using System.Text;

namespace Laurel.Platform.Secrets;

/// <summary>
/// Seals what must not lie readable in the database (private keys, webhook secrets) and derives the keys of other uses,
/// all from one master key that is kept outside the database.
/// </summary>
public sealed class SecretBox(ReadOnlySpan<byte> masterKey)
{
    public const int KeyLength = 32;

    private const byte Version = 1;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly byte[] _masterKey = masterKey.Length == KeyLength
        ? masterKey.ToArray()
        : throw new ArgumentException($"A master key has {KeyLength} bytes.", nameof(masterKey));

    public byte[] DeriveKey(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _masterKey, KeyLength, info: Encoding.UTF8.GetBytes("laurel/" + purpose));

    /// <summary>Version, nonce, tag, ciphertext. The purpose is authenticated: what was sealed as a key opens as nothing else.</summary>
    public byte[] Seal(string purpose, ReadOnlySpan<byte> plaintext)
    {
        var box = new byte[1 + NonceLength + TagLength + plaintext.Length];
        box[0] = Version;
        var nonce = box.AsSpan(1, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(DeriveKey(purpose), TagLength);
        cipher.Encrypt(nonce, plaintext, box.AsSpan(1 + NonceLength + TagLength), box.AsSpan(1 + NonceLength, TagLength));
        return box;
    }

    /// <summary>Null where the box was sealed under another master key or purpose, or was changed.</summary>
    public byte[]? Open(string purpose, ReadOnlySpan<byte> box)
    {
        if (box.Length < 1 + NonceLength + TagLength || box[0] != Version)
            return null;

        var plaintext = new byte[box.Length - 1 - NonceLength - TagLength];
        using var cipher = new AesGcm(DeriveKey(purpose), TagLength);
        try
        {
            cipher.Decrypt(box.Slice(1, NonceLength), box[(1 + NonceLength + TagLength)..], box.Slice(1 + NonceLength, TagLength), plaintext);
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
