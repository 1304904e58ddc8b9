namespace Laurel.Client;

/// <summary>A token, and from when on another is fetched in its place.</summary>
internal sealed record AccessToken(string Text, DateTimeOffset RenewAt);

/// <summary>
/// The token that all requests share. It is fetched once for all who wait for it, and what that came to is told to all of them: none
/// of them can give it up for the others.
/// </summary>
internal sealed class AccessTokens(Func<Task<TokenAnswer>> fetch, TimeProvider time)
{
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(1);

    private readonly Lock _renewing = new();
    private Task<AccessToken>? _renewal;
    private AccessToken? _current;

    public ValueTask<string> Get(CancellationToken cancellation)
    {
        lock (_renewing)
        {
            if (_current is { } current && time.GetUtcNow() < current.RenewAt)
                return ValueTask.FromResult(current.Text);
            _renewal ??= Task.Run(Renew, CancellationToken.None);
            return Renewed(_renewal, cancellation);
        }
    }

    /// <summary>It was refused. Another that was fetched meanwhile stays.</summary>
    public void Forget(string token)
    {
        lock (_renewing)
        {
            if (_current?.Text == token)
                _current = null;
        }
    }

    private static async ValueTask<string> Renewed(Task<AccessToken> renewal, CancellationToken cancellation) => (await renewal.WaitAsync(cancellation)).Text;

    private async Task<AccessToken> Renew()
    {
        AccessToken? renewed = null;
        try
        {
            var asked = time.GetUtcNow();
            var answer = await fetch();
            var lifetime = TimeSpan.FromSeconds(answer.ExpiresIn);
            // A minute before its end; a short one in the middle of its life. It certainly lives from when it was asked for.
            return renewed = new AccessToken(answer.AccessToken, asked + (lifetime > 2 * Ahead ? lifetime - Ahead : lifetime / 2));
        }
        finally
        {
            lock (_renewing)
                (_current, _renewal) = (renewed, null);
        }
    }
}
