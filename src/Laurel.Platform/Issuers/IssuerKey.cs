using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Laurel.Platform.Tokens;

namespace Laurel.Platform.Issuers;

/// <summary>
/// A public key of a trusted issuer. It knows itself which algorithm it is for: what a token's header says can only fit or not.
/// </summary>
internal abstract class IssuerKey(string algorithm, string? kid, string thumbprint)
{
    public const string Rs256 = "RS256";
    public const string Es256 = "ES256";

    public string Algorithm => algorithm;

    /// <summary>What the issuer calls it, if it does.</summary>
    public string? Kid => kid;

    /// <summary>Its RFC 7638 thumbprint: equal ones mean equal keys, whatever the issuer calls them.</summary>
    public string Thumbprint => thumbprint;

    public abstract bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);
}

internal sealed class RsaIssuerKey(string? kid, VerificationKey key) : IssuerKey(Rs256, kid, key.Kid)
{
    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => key.Verify(data, signature);
}

/// <summary>A key on P-256.</summary>
internal sealed class EcIssuerKey : IssuerKey
{
    private const int CoordinateLength = 32;
    private const int SignatureLength = 2 * CoordinateLength;

    private readonly KeyPool<ECDsa> _pool;

    /// <exception cref="FormatException">These are no coordinates of a point on P-256.</exception>
    public EcIssuerKey(string? kid, byte[] x, byte[] y) : base(Es256, kid, ThumbprintOf(x, y))
    {
        if (x.Length != CoordinateLength || y.Length != CoordinateLength)
            throw new FormatException($"A coordinate of P-256 has {CoordinateLength} bytes.");

        var parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } };
        _pool = new KeyPool<ECDsa>(() => ECDsa.Create(parameters));
        try
        {
            _pool.Return(_pool.Rent());
        }
        catch (CryptographicException e)
        {
            throw new FormatException("This is no point on P-256.", e);
        }
    }

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureLength)
            return false;
        var key = _pool.Rent();
        var valid = key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        _pool.Return(key);
        return valid;
    }

    // The member order and the absence of white space are the RFC's.
    private static string ThumbprintOf(byte[] x, byte[] y) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(
        $$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(x)}}","y":"{{Base64Url.EncodeToString(y)}}"}""")));
}
