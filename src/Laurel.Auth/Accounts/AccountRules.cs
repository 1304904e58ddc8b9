using Laurel.Auth.Passwords;
using Laurel.Platform.Http;

namespace Laurel.Auth.Accounts;

/// <summary>What an account may be made of. Pure: text in, broken rules out.</summary>
public static class AccountRules
{
    public const int MaxNickname = 40;
    public const int MaxEmail = 254;

    public static List<FieldError> Check(SignUpRequest request)
    {
        List<FieldError?> found =
        [
            Email(request.Email),
            Nickname(request.Nickname),
            PasswordRules.Check("password", request.Password, LocalPart(request.Email), request.Nickname),
        ];
        return [.. found.OfType<FieldError>()];
    }

    /// <summary>
    /// Whether mail could reach it is for a mail to find out. ASCII alone: two addresses that look alike must not be two accounts.
    /// </summary>
    public static FieldError? Email(string email)
    {
        var at = email.IndexOf('@', StringComparison.Ordinal);
        var good = email.Length <= MaxEmail
            && at is > 0 and <= 64
            && email.All(character => char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-/=?^_`{|}~.@".Contains(character, StringComparison.Ordinal))
            && email[0] != '.'
            && email[at - 1] != '.'
            && !email.Contains("..", StringComparison.Ordinal)
            && email[(at + 1)..].Split('.') is { Length: >= 2 } labels
            && labels.All(IsLabel);
        return good ? null : new FieldError("email", "email_invalid", "This is not an e-mail address.");
    }

    public static FieldError? Nickname(string nickname) => TextRules.Name("nickname", nickname, MaxNickname);

    public static string LocalPart(string email) => email.Split('@')[0];

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63
        && label.All(character => char.IsAsciiLetterOrDigit(character) || character == '-')
        && label[0] != '-'
        && label[^1] != '-';
}
