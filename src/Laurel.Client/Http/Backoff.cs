using System.Security.Cryptography;

namespace Laurel.Client;

/// <summary>Pauses between attempts: each twice as long as the one before, with jitter, so that servers that failed together do not come back together.</summary>
internal sealed class Backoff(TimeProvider time, TimeSpan? shortest = null, TimeSpan? longest = null)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly DateTimeOffset _since = time.GetUtcNow();
    private TimeSpan _next = shortest ?? Shortest;
    private TimeSpan? _pause;

    /// <summary>How long nothing has succeeded.</summary>
    public TimeSpan Lasts => time.GetUtcNow() - _since;

    /// <summary>Whether the pause that comes now still lies within the time that is given.</summary>
    public bool MayGoOn(LaurelException? failure, TimeSpan? within) => within is null || Lasts + Pause(failure) <= within;

    public async Task Wait(LaurelException? failure, CancellationToken cancellation)
    {
        var pause = Pause(failure);
        _pause = null;
        _next = _next * 2 < (longest ?? Longest) ? _next * 2 : longest ?? Longest;
        await Task.Delay(pause, time, cancellation);
    }

    /// <summary>Half of it is certain. What Laurel asked for comes before it, so that nobody is too early.</summary>
    private TimeSpan Pause(LaurelException? failure) =>
        _pause ??= (failure?.RetryAfter ?? TimeSpan.Zero) + (_next * (0.5 + (RandomNumberGenerator.GetInt32(1_001) / 2_000.0)));
}
