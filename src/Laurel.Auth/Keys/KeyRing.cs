using Laurel.Platform.Tokens;

namespace Laurel.Auth.Keys;

/// <summary>The keys of this moment: one that signs, and all whose signatures count. Replaced whole, never changed.</summary>
internal sealed class KeyRing
{
    private volatile Keys _keys = new(null, KeySet.Empty);

    public SigningKey Signing => _keys.Signing ?? throw new InvalidOperationException("The signing keys were not loaded yet.");

    public KeySet Verifying => _keys.Verifying;

    public void Replace(SigningKey signing, KeySet verifying) => _keys = new Keys(signing, verifying);

    private sealed record Keys(SigningKey? Signing, KeySet Verifying);
}
