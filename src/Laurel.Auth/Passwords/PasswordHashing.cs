using System.Threading.RateLimiting;
using Laurel.Platform;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Laurel.Auth.Passwords;

/// <summary>
/// Hashes and checks passwords, a bounded number at a time: a hash is slow on purpose, and fifty logins at once must not
/// take the processor from everybody who is signed in already.
/// </summary>
public sealed class PasswordHashing : IDisposable
{
    // Fewer than the tries that a throttle allows in a minute: logins that are just being checked count as tries, and as many
    // good ones at once must not look like an attack.
    private const int MaxAtOnce = 8;

    private readonly PasswordHasher<object> _hasher;
    private readonly ConcurrencyLimiter _limiter;
    private readonly Lazy<string> _nobody;

    public PasswordHashing(AuthOptions options)
    {
        _hasher = new PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = options.PasswordIterations }));
        _limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = Math.Clamp(Environment.ProcessorCount - 1, 1, MaxAtOnce),
            QueueLimit = options.PasswordQueue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
        _nobody = new Lazy<string>(() => _hasher.HashPassword(this, "nobody has this password"));
    }

    /// <summary>Waits in line. To be disposed when the passwords of this request are done with.</summary>
    /// <exception cref="OverloadedException">The line is too long.</exception>
    public async Task<PasswordTurn> Turn(CancellationToken cancellation)
    {
        var lease = await _limiter.AcquireAsync(permitCount: 1, cancellation);
        if (lease.IsAcquired)
            return new PasswordTurn(_hasher, _nobody, lease);

        lease.Dispose();
        throw new OverloadedException("Too many passwords wait to be checked.");
    }

    public void Dispose() => _limiter.Dispose();
}

/// <summary>The right to use the processor for passwords.</summary>
public sealed class PasswordTurn(PasswordHasher<object> hasher, Lazy<string> nobody, RateLimitLease lease) : IDisposable
{
    public Task<string> Hash(string password) => Task.Run(() => hasher.HashPassword(this, password));

    /// <summary>With no hash (an unknown account) it takes as long as with one, and the answer is wrong.</summary>
    public Task<PasswordVerdict> Check(string? hash, string password) => Task.Run(() =>
        (hash is null, hasher.VerifyHashedPassword(this, hash ?? nobody.Value, password)) switch
        {
            (true, _) or (_, PasswordVerificationResult.Failed) => PasswordVerdict.Wrong,
            (_, PasswordVerificationResult.Success) => PasswordVerdict.Right,
            (_, PasswordVerificationResult.SuccessRehashNeeded) => PasswordVerdict.RightButHashedWeaker,
        });

    public void Dispose() => lease.Dispose();
}

public enum PasswordVerdict
{
    Wrong,
    Right,

    /// <summary>Right, and to be hashed again with today's number of iterations.</summary>
    RightButHashedWeaker,
}
