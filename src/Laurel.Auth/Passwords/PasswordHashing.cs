using Laurel.Platform;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Laurel.Auth.Passwords;

/// <summary>
/// Hashes and checks passwords, a bounded number at a time: a hash is slow on purpose, and fifty logins at once must not
/// take the processor from everybody who is signed in already.
/// </summary>
internal sealed class PasswordHashing : IDisposable
{
    // Fewer than the tries that a throttle allows in a minute: logins that are just being checked count as tries, and as many
    // good ones at once must not look like an attack.
    private const int MaxAtOnce = 8;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly PasswordHasher<object> _hasher;
    private readonly Lazy<string> _nobody;
    private readonly int _places;
    private readonly SemaphoreSlim _turns;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _inLineByNetwork = new(StringComparer.Ordinal);
    private int _inLine;

    public PasswordHashing(AuthOptions options)
    {
        _hasher = new PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = options.PasswordIterations }));
        _nobody = new Lazy<string>(() => _hasher.HashPassword(this, "nobody has this password"));
        var atOnce = Math.Clamp(Environment.ProcessorCount - 1, 1, MaxAtOnce);
        _turns = new SemaphoreSlim(atOnce);
        _places = atOnce + options.PasswordQueue;
    }

    /// <summary>
    /// Waits in line. To be disposed when the passwords of this request are done with.
    /// One network gets a quarter of the places, and all strangers together three quarters: nobody can fill the line so that who
    /// comes from where they last signed in finds no place in it.
    /// </summary>
    /// <exception cref="OverloadedException">There is no place, or it took too long.</exception>
    public async Task<PasswordTurn> Turn(string network, bool isStranger, CancellationToken cancellation)
    {
        Enter(network, isStranger);
        var isTurn = false;
        try
        {
            isTurn = await _turns.WaitAsync(LongestWait, cancellation);
        }
        finally
        {
            if (!isTurn)
                Leave(network);
        }

        return isTurn
            ? new PasswordTurn(_hasher, _nobody, () => Release(network))
            : throw new OverloadedException("The line for passwords moves too slowly.");
    }

    public void Dispose() => _turns.Dispose();

    private void Enter(string network, bool isStranger)
    {
        lock (_gate)
        {
            var ofNetwork = _inLineByNetwork.GetValueOrDefault(network);
            if (_inLine >= (isStranger ? _places - _places / 4 : _places) || (isStranger && ofNetwork > _places / 4))
                throw new OverloadedException("Too many passwords wait to be checked.");
            _inLine++;
            _inLineByNetwork[network] = ofNetwork + 1;
        }
    }

    private void Leave(string network)
    {
        lock (_gate)
        {
            _inLine--;
            if (--_inLineByNetwork[network] == 0)
                _inLineByNetwork.Remove(network);
        }
    }

    private void Release(string network)
    {
        Leave(network);
        _turns.Release();
    }
}

/// <summary>The right to use the processor for passwords.</summary>
internal sealed class PasswordTurn(PasswordHasher<object> hasher, Lazy<string> nobody, Action release) : IDisposable
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

    public void Dispose() => release();
}

internal enum PasswordVerdict
{
    Wrong,
    Right,

    /// <summary>Right, and to be hashed again with today's number of iterations.</summary>
    RightButHashedWeaker,
}
