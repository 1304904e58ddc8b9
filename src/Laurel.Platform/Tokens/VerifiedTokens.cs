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
    private readonly Lock gate = new();
    private ConcurrentDictionary<TokenFingerprint, SignedToken> young = [];
    private ConcurrentDictionary<TokenFingerprint, SignedToken> old = [];
    private int youngCount;

    internal int Count => Volatile.Read(ref young).Count + Volatile.Read(ref old).Count;

    public SignedToken? Find(TokenFingerprint fingerprint)
    {
        if (Volatile.Read(ref young).TryGetValue(fingerprint, out var token))
            return token;
        if (Volatile.Read(ref old).TryGetValue(fingerprint, out token))
            Add(fingerprint, token);
        return token;
    }

    public void Add(TokenFingerprint fingerprint, SignedToken token)
    {
        lock (gate)
        {
            if (youngCount == capacity)
            {
                Volatile.Write(ref old, young);
                Volatile.Write(ref young, []);
                youngCount = 0;
            }

            if (young.TryAdd(fingerprint, token))
                youngCount++;
        }
    }
}
