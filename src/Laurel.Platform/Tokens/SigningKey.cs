using System.Security.Cryptography;

namespace Laurel.Platform.Tokens;

/// <summary>A private RSA key, which only the auth service holds.</summary>
public sealed class SigningKey
{
    private readonly byte[] _pkcs8;
    private readonly KeyPool<RSA> _pool;

    private SigningKey(byte[] pkcs8)
    {
        _pkcs8 = pkcs8;
        _pool = new KeyPool<RSA>(Open);

        var rsa = _pool.Rent();
        var parameters = rsa.ExportParameters(includePrivateParameters: false);
        _pool.Return(rsa);
        Public = new VerificationKey(parameters.Modulus!, parameters.Exponent!);
    }

    public string Kid => Public.Kid;

    public VerificationKey Public { get; }

    public static SigningKey Create()
    {
        using var rsa = RSA.Create(VerificationKey.MinBits);
        return new SigningKey(rsa.ExportPkcs8PrivateKey());
    }

    /// <exception cref="CryptographicException">These bytes are no private RSA key.</exception>
    /// <exception cref="FormatException">The key is too weak, or not one that RS256 is used with here.</exception>
    public static SigningKey ImportPkcs8(ReadOnlySpan<byte> pkcs8) => new(pkcs8.ToArray());

    /// <summary>The key in clear. It must be encrypted before it is stored.</summary>
    public byte[] ExportPkcs8() => [.. _pkcs8];

    internal byte[] Sign(ReadOnlySpan<byte> data)
    {
        var rsa = _pool.Rent();
        var signature = rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        _pool.Return(rsa);
        return signature;
    }

    private RSA Open()
    {
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(_pkcs8, out _);
        return rsa;
    }
}
