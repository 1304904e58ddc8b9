using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Laurel.Platform.Tokens;

/// <summary>The SHA-256 of a token: a quarter of its size in memory, and nothing that could be stolen from there.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct TokenFingerprint(UInt128 First, UInt128 Second)
{
    public static TokenFingerprint Of(ReadOnlySpan<byte> token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(token, hash);
        return MemoryMarshal.Read<TokenFingerprint>(hash);
    }
}

/// <summary>
/// Remembers tokens in two generations. When the young one is full it becomes the old one and the old one is forgotten, so at
/// most twice the capacity is held, and what is still used finds its way back into the young one.
/// </summary>
internal sealed class VerifiedTokens(int capacity)
{
    private readonly Lock _gate = new();
    private ConcurrentDictionary<TokenFingerprint, SignedToken> _young = [];
    private ConcurrentDictionary<TokenFingerprint, SignedToken> _old = [];
    private int _youngCount;

    internal int Count => Volatile.Read(ref _young).Count + Volatile.Read(ref _old).Count;

    public SignedToken? Find(TokenFingerprint fingerprint)
    {
        if (Volatile.Read(ref _young).TryGetValue(fingerprint, out var token))
            return token;
        if (Volatile.Read(ref _old).TryGetValue(fingerprint, out token))
            Add(fingerprint, token);
        return token;
    }

    public void Add(TokenFingerprint fingerprint, SignedToken token)
    {
        lock (_gate)
        {
            if (_youngCount == capacity)
            {
                Volatile.Write(ref _old, _young);
                Volatile.Write(ref _young, []);
                _youngCount = 0;
            }

            if (_young.TryAdd(fingerprint, token))
                _youngCount++;
        }
    }
}
