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
internal sealed class FirstAdmin(NpgsqlDataSource database, AccountStore accounts, PasswordHashing passwords)
{
    public const string DefaultEmail = "admin@laurel.local";

    /// <summary>Null where there is an active ADMIN already.</summary>
    public async Task<NewAdmin?> Ensure(string? email, string? password, CancellationToken cancellation)
    {
        if (await Exists(cancellation))
            return null;

        email ??= DefaultEmail;
        // Another process may just be making it; a player who has this e-mail is no reason to start without an ADMIN.
        return await TryAdd(email, password, cancellation) is { } added ? added
            : await Exists(cancellation) ? null
            : throw new StartupException($"There is no ADMIN, and {email} belongs to an account with another role: set Laurel__Admin__Email to a free one.");
    }

    /// <exception cref="StartupException">The e-mail or the password breaks a rule, or the e-mail is taken.</exception>
    public async Task<NewAdmin> Add(string email, string? password, CancellationToken cancellation) =>
        await TryAdd(email, password, cancellation) ?? throw new StartupException($"There is an account with the e-mail {email} already.");

    private Task<bool> Exists(CancellationToken cancellation) =>
        database.QueryOne("SELECT true FROM accounts WHERE role = 'ADMIN' AND active LIMIT 1", row => row.GetBoolean(0), [], cancellation);

    private async Task<NewAdmin?> TryAdd(string email, string? password, CancellationToken cancellation)
    {
        var generated = password is null ? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(15)) : null;
        List<FieldError?> broken = [AccountRules.Email(email), PasswordRules.Check("password", password ?? generated!, AccountRules.LocalPart(email))];
        if (broken.OfType<FieldError>().FirstOrDefault() is { } error)
            throw new StartupException($"The admin's {error.Path} cannot be used: {error.Message}");

        using var turn = await passwords.Turn(cancellation);
        var hash = await turn.Hash(password ?? generated!);
        return await accounts.Add(email, hash, "Admin", Role.Admin, cancellation) is null ? null : new NewAdmin(email, generated);
    }
}
