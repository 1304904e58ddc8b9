using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Laurel.Platform.Tokens;

/// <summary>
/// The instances of one key, one for each thread that uses it at the same time: <see cref="RSA"/> and <see cref="ECDsa"/> promise
/// nothing about concurrent use. They are never disposed, since a key may be retired while another thread still signs with it; the
/// handles of a forgotten key are freed by their finalizers.
/// </summary>
internal sealed class KeyPool<TKey>(Func<TKey> create) where TKey : AsymmetricAlgorithm
{
    private readonly ConcurrentBag<TKey> _idle = [];

    public TKey Rent() => _idle.TryTake(out var key) ? key : create();

    public void Return(TKey key) => _idle.Add(key);
}
