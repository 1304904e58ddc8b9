using Laurel.Auth.Passwords;
using Laurel.Platform;
using Laurel.Platform.Access;

namespace Laurel.Auth.Accounts;

/// <summary>Makes the account of a demo that one can sign in with.</summary>
internal sealed class DemoPlayers(AccountStore accounts, PasswordHashing passwords)
{
    public const string DefaultEmail = "player@laurel.local";

    private const string Nickname = "Mina";

    /// <summary>Everything that can be wrong with it is found before anything is made.</summary>
    /// <exception cref="StartupException">The e-mail or the password breaks a rule, or the e-mail is taken.</exception>
    public async Task<(NewAccount Account, string Hash)> Prepare(string email, string? password, CancellationToken cancellation)
    {
        var prepared = await passwords.Prepare("demo player", email, password, cancellation);
        return await accounts.EmailIsTaken(email, cancellation) ? throw Taken(email) : prepared;
    }

    /// <exception cref="StartupException">The e-mail was taken meanwhile.</exception>
    public async Task Add(Guid id, DateTimeOffset since, string email, string hash, CancellationToken cancellation)
    {
        if (!await accounts.Add(new Account(new AccountId(id), email, Nickname, Role.User, since), hash, cancellation))
            throw Taken(email);
    }

    /// <summary>Its e-mail; null where there is none.</summary>
    public async Task<string?> Find(Guid id, CancellationToken cancellation) => (await accounts.View(new AccountId(id), cancellation))?.Email;

    private static StartupException Taken(string email) =>
        new($"There is an account with the e-mail {email} already: choose another for the demo player with --email.");
}
