using System.Security.Cryptography;
using Laurel.Platform.Secrets;

namespace Laurel.Platform.Audit;

/// <summary>
/// Signs checkpoints (ECDSA on P-256 with SHA-256). The key follows from the master key, which is not in the database: whoever owns the
/// database alone can sign none. Its public half is shown, so that auditors can check a checkpoint without any secret of ours.
/// </summary>
internal sealed class CheckpointKey(SecretBox secrets)
{
    private readonly byte[] _secret = secrets.DeriveKey("audit-checkpoints");

    /// <summary>The public half, as PEM.</summary>
    public string Public
    {
        get
        {
            using var key = Open();
            return key.ExportSubjectPublicKeyInfoPem();
        }
    }

    public Checkpoint Sign(string trail, long seq, DateTimeOffset at, byte[] hash)
    {
        using var key = Open();
        return new Checkpoint(trail, seq, at, hash, key.SignData(Checkpoint.Statement(trail, seq, at, hash), HashAlgorithmName.SHA256));
    }

    public bool HasSigned(Checkpoint checkpoint)
    {
        using var key = Open();
        return key.VerifyData(
            Checkpoint.Statement(checkpoint.Trail, checkpoint.Seq, checkpoint.At, checkpoint.Hash), checkpoint.Signature, HashAlgorithmName.SHA256);
    }

    private ECDsa Open() => ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = _secret });
}
