using Laurel.Auth.Passwords;
using Laurel.Platform;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Auth.Accounts;

/// <summary>Makes ADMINs from outside the API: the first one at the first start, others by command.</summary>
internal sealed class Admins(NpgsqlDataSource database, AccountStore accounts, PasswordHashing passwords)
{
    public const string DefaultEmail = "admin@laurel.local";

    private const string Nickname = "Admin";

    /// <summary>
    /// Makes the first ADMIN where there is none. It is announced before it is made: a kill in between must not leave an ADMIN
    /// whose generated password nobody has seen. False where another process was faster, and what was announced is void.
    /// </summary>
    /// <exception cref="StartupException">The e-mail or the password breaks a rule, or the e-mail is a player's.</exception>
    public async Task<bool> Ensure(string? email, string? password, Action<NewAccount> announce, CancellationToken cancellation)
    {
        if (await Exists(cancellation))
            return true;

        var (admin, hash) = await Prepare(email ?? DefaultEmail, password, cancellation);
        if (await accounts.EmailIsTaken(admin.Email, cancellation) && !await Exists(cancellation))
            throw new StartupException($"There is no ADMIN, and {admin.Email} belongs to an account with another role: set Laurel__Admin__Email to a free one.");

        announce(admin);
        return await accounts.Add(admin.Email, hash, Nickname, Role.Admin, Actor.Laurel, cancellation) is not null;
    }

    /// <exception cref="StartupException">The e-mail or the password breaks a rule, or the e-mail is taken.</exception>
    public async Task<NewAccount> Add(string email, string? password, CancellationToken cancellation)
    {
        var (admin, hash) = await Prepare(email, password, cancellation);
        return await accounts.Add(email, hash, Nickname, Role.Admin, Actor.CommandLine, cancellation) is not null
            ? admin
            : throw new StartupException($"There is an account with the e-mail {email} already.");
    }

    private Task<bool> Exists(CancellationToken cancellation) =>
        database.QueryOne("SELECT true FROM accounts WHERE role = 'ADMIN' AND active LIMIT 1", row => row.GetBoolean(0), [], cancellation);

    private Task<(NewAccount Admin, string Hash)> Prepare(string email, string? password, CancellationToken cancellation) =>
        passwords.Prepare("admin", email, password, cancellation);
}
