using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Laurel.Platform.Tokens;

/// <summary>The public half of a key. Its id is its RFC 7638 thumbprint, so that equal ids mean equal keys.</summary>
public sealed class VerificationKey
{
    internal const int MinBits = 2048;
    internal const int MaxBits = 4096;
    internal const string Exponent = "AQAB";

    private readonly KeyPool<RSA> _pool;

    /// <exception cref="FormatException">The key is weaker than RS256 allows, or so large that checking a signature would be an attack.</exception>
    internal VerificationKey(byte[] modulus, byte[] exponent)
    {
        var number = new BigInteger(modulus, isUnsigned: true, isBigEndian: true);
        if (number.IsEven || modulus[0] == 0)
            throw new FormatException("An RSA modulus must be odd and must not begin with zero bytes.");

        var bits = number.GetBitLength();
        if (bits is < MinBits or > MaxBits)
            throw new FormatException($"An RSA key must have {MinBits} to {MaxBits} bits, this one has {bits}.");

        if (Base64Url.EncodeToString(exponent) != Exponent)
            throw new FormatException("The public exponent of an RSA key must be 65537.");

        Modulus = Base64Url.EncodeToString(modulus);
        Kid = Thumbprint(Modulus);
        _pool = new KeyPool<RSA>(() => RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent }));
    }

    public string Kid { get; }

    internal string Modulus { get; }

    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        var rsa = _pool.Rent();
        var valid = rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        _pool.Return(rsa);
        return valid;
    }

    // The member order and the absence of white space are the RFC's.
    private static string Thumbprint(string modulus) => Base64Url.EncodeToString(
        SHA256.HashData(Encoding.UTF8.GetBytes($$"""{"e":"{{Exponent}}","kty":"RSA","n":"{{modulus}}"}""")));
}
