using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Laurel.Platform.Tokens;

/// <summary>
/// The instances of one RSA key, one for each thread that uses it at the same time: <see cref="RSA"/> promises nothing about
/// concurrent use. They are never disposed, since a key may be retired while another thread still signs with it; the handles
/// of a forgotten key are freed by their finalizers.
/// </summary>
internal sealed class RsaPool(Func<RSA> create)
{
    private readonly ConcurrentBag<RSA> _idle = [];

    public RSA Rent() => _idle.TryTake(out var rsa) ? rsa : create();

    public void Return(RSA rsa) => _idle.Add(rsa);
}
