using System.Collections.Concurrent;
using Laurel.Auth;
using Laurel.Auth.Keys;
using Laurel.Auth.Sessions;
using Laurel.Platform.Access;
using Laurel.Platform.Secrets;
using Npgsql;

namespace Laurel.Chaos.World;

/// <summary>
/// Access tokens, signed with the servers' own key and without an account: hashing the passwords of 20,000 users would prove nothing.
/// </summary>
internal sealed class Tokens
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    private readonly SessionTokens _tokens;
    private readonly ConcurrentDictionary<string, (string Token, long Since)> _kept = new(StringComparer.Ordinal);

    private Tokens(KeyRing keys) => _tokens = new SessionTokens(keys, TimeProvider.System);

    public static async Task<Tokens> Open(NpgsqlDataSource auth, byte[] masterKey)
    {
        var keys = new KeyRing();
        await new KeyStore(auth, new SecretBox(masterKey), keys, TimeProvider.System).Load(CancellationToken.None);
        return new Tokens(keys);
    }

    public string Person(Guid id, Role role = Role.User) =>
        Kept($"{role} {id}", () => _tokens.ForPerson(new SessionHolder(new AccountId(id), role), new SessionId(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()))));

    public string Service(Guid id, params string[] scopes) =>
        Kept($"service {id}", () => _tokens.ForService(new ServiceAccountId(id), Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), scopes));

    /// <summary>Signing is what costs, and a token lives ten minutes.</summary>
    private string Kept(string whose, Func<string> make)
    {
        if (_kept.TryGetValue(whose, out var kept) && TimeProvider.System.GetElapsedTime(kept.Since) < Fresh)
            return kept.Token;
        var token = make();
        _kept[whose] = (token, TimeProvider.System.GetTimestamp());
        return token;
    }
}
