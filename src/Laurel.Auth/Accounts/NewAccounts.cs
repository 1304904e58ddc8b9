using System.Buffers.Text;
using System.Security.Cryptography;
using Laurel.Auth.Passwords;
using Laurel.Platform;
using Laurel.Platform.Http;

namespace Laurel.Auth.Accounts;

/// <summary>An account that is made from outside of the API. The password is there where it was generated, to be shown this once.</summary>
public sealed record NewAccount(string Email, string? GeneratedPassword);

internal static class NewAccounts
{
    /// <summary>An account that is about to be made, and the hash of its password, which is generated where there is none.</summary>
    /// <exception cref="StartupException">The e-mail or the password breaks a rule.</exception>
    public static async Task<(NewAccount Account, string Hash)> Prepare(
        this PasswordHashing passwords, string whose, string email, string? password, CancellationToken cancellation)
    {
        var generated = password is null ? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(15)) : null;
        List<FieldError?> broken = [AccountRules.Email(email), PasswordRules.Check("password", password ?? generated!, AccountRules.LocalPart(email))];
        if (broken.OfType<FieldError>().FirstOrDefault() is { } error)
            throw new StartupException($"The {whose}'s {error.Path} cannot be used: {error.Message}");

        using var turn = await passwords.Turn("this machine", isStranger: false, cancellation);
        return (new NewAccount(email, generated), await turn.Hash(password ?? generated!));
    }
}
