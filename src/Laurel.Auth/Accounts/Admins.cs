using System.Buffers.Text;
using System.Security.Cryptography;
using Laurel.Auth.Passwords;
using Laurel.Platform;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Auth.Accounts;

/// <summary>An ADMIN that was just made. The password is there where it was generated, to be shown this once.</summary>
public sealed record NewAdmin(string Email, string? GeneratedPassword);

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
    public async Task<bool> Ensure(string? email, string? password, Action<NewAdmin> announce, CancellationToken cancellation)
    {
        if (await Exists(cancellation))
            return true;

        var (admin, hash) = await Prepare(email ?? DefaultEmail, password, cancellation);
        if (await accounts.EmailIsTaken(admin.Email, cancellation) && !await Exists(cancellation))
            throw new StartupException($"There is no ADMIN, and {admin.Email} belongs to an account with another role: set Laurel__Admin__Email to a free one.");

        announce(admin);
        return await accounts.Add(admin.Email, hash, Nickname, Role.Admin, cancellation) is not null;
    }

    /// <exception cref="StartupException">The e-mail or the password breaks a rule, or the e-mail is taken.</exception>
    public async Task<NewAdmin> Add(string email, string? password, CancellationToken cancellation)
    {
        var (admin, hash) = await Prepare(email, password, cancellation);
        return await accounts.Add(email, hash, Nickname, Role.Admin, cancellation) is not null
            ? admin
            : throw new StartupException($"There is an account with the e-mail {email} already.");
    }

    private Task<bool> Exists(CancellationToken cancellation) =>
        database.QueryOne("SELECT true FROM accounts WHERE role = 'ADMIN' AND active LIMIT 1", row => row.GetBoolean(0), [], cancellation);

    private async Task<(NewAdmin Admin, string Hash)> Prepare(string email, string? password, CancellationToken cancellation)
    {
        var generated = password is null ? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(15)) : null;
        List<FieldError?> broken = [AccountRules.Email(email), PasswordRules.Check("password", password ?? generated!, AccountRules.LocalPart(email))];
        if (broken.OfType<FieldError>().FirstOrDefault() is { } error)
            throw new StartupException($"The admin's {error.Path} cannot be used: {error.Message}");

        using var turn = await passwords.Turn("this machine", isStranger: false, cancellation);
        return (new NewAdmin(email, generated), await turn.Hash(password ?? generated!));
    }
}
