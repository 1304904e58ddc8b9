using Laurel.Platform;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Laurel.Auth.Passwords;

/// <summary>
/// Hashes and checks passwords, a bounded number at a time: a hash is slow on purpose, and fifty logins at once must not
/// take the processor from everybody who is signed in already.
/// </summary>
public sealed class PasswordHashing : IDisposable
{
    private readonly PasswordHasher<object> _hasher;
    private readonly ConcurrencyLimiter _limiter;
    private readonly Lazy<string> _nobody;

    public PasswordHashing(AuthOptions options)
    {
        _hasher = new PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = options.PasswordIterations }));
        _limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = Math.Max(1, Environment.ProcessorCount - 1),
            QueueLimit = options.PasswordQueue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
        _nobody = new Lazy<string>(() => _hasher.HashPassword(this, "nobody has this password"));
    }

    public Task<string> Hash(string password, CancellationToken cancellation) =>
        InTurn(() => _hasher.HashPassword(this, password), cancellation);

    /// <summary>With no hash (an unknown account) it takes as long as with one, and the answer is wrong.</summary>
    public Task<PasswordVerdict> Check(string? hash, string password, CancellationToken cancellation) =>
        InTurn(
            () => (hash is null, _hasher.VerifyHashedPassword(this, hash ?? _nobody.Value, password)) switch
            {
                (true, _) or (_, PasswordVerificationResult.Failed) => PasswordVerdict.Wrong,
                (_, PasswordVerificationResult.Success) => PasswordVerdict.Right,
                (_, PasswordVerificationResult.SuccessRehashNeeded) => PasswordVerdict.RightButHashedWeaker,
            },
            cancellation);

    public void Dispose() => _limiter.Dispose();

    private async Task<T> InTurn<T>(Func<T> work, CancellationToken cancellation)
    {
        using var turn = await _limiter.AcquireAsync(permitCount: 1, cancellation);
        return turn.IsAcquired
            ? await Task.Run(work, cancellation)
            : throw new OverloadedException("Too many passwords wait to be checked.");
    }
}

public enum PasswordVerdict
{
    Wrong,
    Right,

    /// <summary>Right, and to be hashed again with today's number of iterations.</summary>
    RightButHashedWeaker,
}
