using Laurel.Platform.Access;
using Laurel.Platform.Audit;

namespace Laurel.Auth.Accounts;

/// <summary>How changes of accounts are told in the audit trail.</summary>
internal static class AccountAudit
{
    public static AuditEntry Created(Actor by, Account made) => Of(by, "account.created", made.Id, after: new { made.Email, made.Nickname, made.Role });

    public static AuditEntry Renamed(Actor by, AccountId account, string before, string after) =>
        Of(by, "account.renamed", account, new { nickname = before }, new { nickname = after });

    public static AuditEntry PasswordChanged(Actor by, AccountId account) => Of(by, "account.passwordChanged", account);

    /// <summary>Role and activity tell of nobody who they are, and outlast an erasure.</summary>
    public static AuditEntry Changed(Actor by, UserView before, Role role, bool active) => new(
        by, "account.changed", "account", before.Id.ToString(), new { before.Role, before.Active }, new { Role = role, Active = active });

    private static AuditEntry Of(Actor by, string action, AccountId account, object? before = null, object? after = null) =>
        new(by, action, "account", account.ToString(), before, after) { Person = account.ToString() };
}
