using Laurel.Auth.Sessions;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Auth.Accounts;

internal sealed record LoginCandidate(AccountId Id, string PasswordHash, bool LastSucceededHere);

internal enum ChangeOutcome
{
    NotFound,
    Erased,
    LastAdmin,
    Unchanged,
    Changed,
}

internal sealed record UserFilter(Role? Role, string? Email, string? Text);

/// <summary>Accounts in the database.</summary>
internal sealed class AccountStore(NpgsqlDataSource database, SessionStore sessions, TimeProvider time)
{
    private const string LastLogin = "(SELECT at FROM logins WHERE account_id = accounts.id ORDER BY id DESC LIMIT 1)";
    private const string ViewColumns = $"id, email, nickname, role, active, created_at, {LastLogin}, last_logout_at, erased_at";

    private const string Insert =
        """
        INSERT INTO accounts (id, email, password_hash, nickname, role, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING
        """;

    private readonly GroupRead<Guid, Account> _accounts = new(ids => Read(database, ids));

    /// <summary>Null where the e-mail is taken.</summary>
    public async Task<Account?> Add(string email, string passwordHash, string nickname, Role role, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var account = new Account(new AccountId(Guid.CreateVersion7(now)), email, nickname, role, now);
        return await Add(account, passwordHash, cancellation) ? account : null;
    }

    /// <summary>The same for somebody else; null where the e-mail is taken.</summary>
    public Task<Account?> Add(string email, string passwordHash, string nickname, Role role, Actor by, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var account = new Account(new AccountId(Guid.CreateVersion7(now)), email, nickname, role, now);
        return database.InTransaction(
            async transaction =>
            {
                if (await transaction.Execute(Insert, Values(account, passwordHash), cancellation) == 0)
                    return null;
                await AuditTrail.Add(transaction, AccountAudit.Created(by, account), cancellation);
                return account;
            },
            cancellation);
    }

    /// <summary>False where the e-mail is taken, or the account is there.</summary>
    public async Task<bool> Add(Account account, string passwordHash, CancellationToken cancellation) =>
        await database.Execute(Insert, Values(account, passwordHash), cancellation) == 1;

    public Task<bool> EmailIsTaken(string email, CancellationToken cancellation) =>
        database.QueryOne("SELECT true FROM accounts WHERE lower(email) = lower($1)", row => row.GetBoolean(0), [email], cancellation);

    public Task<LoginCandidate?> FindForLogin(string email, string network, CancellationToken cancellation) =>
        database.QueryOne(
            """
            SELECT id, password_hash,
                   $2 IS NOT DISTINCT FROM (SELECT network FROM logins WHERE account_id = accounts.id ORDER BY id DESC LIMIT 1)
            FROM accounts
            WHERE lower(email) = lower($1) AND active
            """,
            row => new LoginCandidate(new AccountId(row.GetGuid(0)), row.GetString(1), row.GetBoolean(2)), [email, network], cancellation);

    public Task<string?> PasswordHash(AccountId account, CancellationToken cancellation) =>
        database.QueryOne("SELECT password_hash FROM accounts WHERE id = $1 AND active", row => row.GetString(0), [account.Value], cancellation);

    /// <summary>The hash that is stored now: the new one, unless the password was changed meanwhile.</summary>
    public async Task<string> Rehash(AccountId account, string oldHash, string newHash, CancellationToken cancellation) =>
        await database.Execute(
            "UPDATE accounts SET password_hash = $1 WHERE id = $2 AND password_hash = $3", [newHash, account.Value, oldHash], cancellation) == 1
            ? newHash
            : oldHash;

    /// <summary>An active account.</summary>
    public Task<Account?> Find(AccountId account, CancellationToken cancellation) => _accounts.Get(account.Value, cancellation);

    public Task<bool> Rename(AccountId account, string nickname, Actor by, CancellationToken cancellation) =>
        database.InTransaction(
            async transaction =>
            {
                var before = await transaction.Query(
                    "SELECT nickname FROM accounts WHERE id = $1 AND active FOR NO KEY UPDATE", row => row.GetString(0), [account.Value], cancellation);
                if (before is not [var old])
                    return false;
                await transaction.Execute("UPDATE accounts SET nickname = $1 WHERE id = $2", [nickname, account.Value], cancellation);
                await AuditTrail.Add(transaction, AccountAudit.Renamed(by, account, old, nickname), cancellation);
                return true;
            },
            cancellation);

    /// <summary>
    /// Sets another password and ends all sessions but the one that did it. False where the old hash is no longer the stored one.
    /// </summary>
    public async Task<bool> ChangePassword(AccountId account, string oldHash, string newHash, SessionId keep, Actor by, CancellationToken cancellation)
    {
        var (changed, ended) = await database.InTransaction<(bool, IReadOnlyList<Guid>)>(
            async transaction =>
            {
                var updated = await transaction.Execute(
                    "UPDATE accounts SET password_hash = $1 WHERE id = $2 AND password_hash = $3 AND active",
                    [newHash, account.Value, oldHash], cancellation);
                if (updated == 0)
                    return (false, []);
                var others = await sessions.EndAll(transaction, account, SessionEnd.PasswordChanged, cancellation, except: keep);
                await AuditTrail.Add(transaction, AccountAudit.PasswordChanged(by, account), cancellation);
                return (true, others);
            },
            cancellation);
        sessions.Remember(ended);
        return changed;
    }

    /// <summary>Gives another role, or switches an account off or on. Its sessions end, for their tokens speak for what it was.</summary>
    public Task<ChangeOutcome> Change(AccountId account, Role? role, bool? active, Actor by, CancellationToken cancellation) =>
        Guarded(
            account,
            staysAdmin: before => (role ?? before.Role) == Role.Admin && (active ?? before.Active),
            async (transaction, before) =>
            {
                if ((role ?? before.Role) == before.Role && (active ?? before.Active) == before.Active)
                    return (ChangeOutcome.Unchanged, []);

                await transaction.Execute(
                    "UPDATE accounts SET role = COALESCE($1, role), active = COALESCE($2, active) WHERE id = $3",
                    [role is { } to ? WireNames<Role>.Of(to) : null, active, account.Value], cancellation);
                var ended = await sessions.EndAll(transaction, account, SessionEnd.AccountChanged, cancellation);
                await AuditTrail.Add(transaction, AccountAudit.Changed(by, before, role ?? before.Role, active ?? before.Active), cancellation);
                return (ChangeOutcome.Changed, ended);
            },
            cancellation);

    /// <summary>
    /// Erases everything that tells who it was, and has the events service do the same. The id stays: progress and claims refer to it.
    /// </summary>
    public Task<ChangeOutcome> Erase(AccountId account, Actor by, CancellationToken cancellation) =>
        Guarded(
            account,
            staysAdmin: _ => false,
            async (transaction, _) =>
            {
                var now = time.GetUtcNow();
                await transaction.Execute(
                    """
                    UPDATE accounts
                    SET email = NULL, password_hash = NULL, nickname = NULL, active = false, erased_at = $1
                    WHERE id = $2
                    """,
                    [now, account.Value], cancellation);
                var ended = await sessions.EndAll(transaction, account, SessionEnd.AccountErased, cancellation);
                await transaction.Execute("UPDATE sessions SET address = NULL, user_agent = NULL WHERE account_id = $1", [account.Value], cancellation);
                // The outbox before the logins: a row that is just being handed on is waited for, and then found among the logins.
                await transaction.Execute("UPDATE outbox SET body = body - 'address' - 'network' - 'userAgent' WHERE account_id = $1", [account.Value], cancellation);
                await transaction.Execute("UPDATE logins SET address = NULL, network = NULL, user_agent = NULL WHERE account_id = $1", [account.Value], cancellation);
                await Erasures.Note(transaction, account, now, cancellation);
                // All of it belongs to this transaction: afterwards nobody would come back for the rest.
                await AuditTrail.EraseAll(transaction, by, account.ToString(), cancellation);
                return (ChangeOutcome.Changed, ended);
            },
            cancellation);

    public Task<List<UserView>> List(UserFilter filter, Guid? before, int limit, CancellationToken cancellation) =>
        database.Query(
            $"""
            SELECT {ViewColumns}
            FROM accounts
            WHERE ($1::text IS NULL OR role = $1)
              AND ($2::text IS NULL OR lower(email) = lower($2))
              AND ($3::text IS NULL OR email ILIKE $3 OR nickname ILIKE $3)
              AND ($4::uuid IS NULL OR id < $4)
            ORDER BY id DESC
            LIMIT $5
            """,
            View,
            [
                filter.Role is { } role ? WireNames<Role>.Of(role) : null,
                filter.Email,
                filter.Text is { } text ? Sql.Containing(text) : null,
                before,
                limit,
            ],
            cancellation);

    public Task<UserView?> View(AccountId account, CancellationToken cancellation) =>
        database.QueryOne($"SELECT {ViewColumns} FROM accounts WHERE id = $1", View, [account.Value], cancellation);

    /// <summary>
    /// Changes an account under its row's lock. Changes that could take the last ADMIN away stand in one line, since two of
    /// them at once would each see the other's ADMIN still there.
    /// </summary>
    private async Task<ChangeOutcome> Guarded(
        AccountId account,
        Func<UserView, bool> staysAdmin,
        Func<NpgsqlTransaction, UserView, Task<(ChangeOutcome, IReadOnlyList<Guid>)>> change,
        CancellationToken cancellation)
    {
        var (outcome, ended) = await database.InTransaction<(ChangeOutcome, IReadOnlyList<Guid>)>(
            async transaction =>
            {
                await transaction.Execute("SELECT pg_advisory_xact_lock(hashtext('laurel.last_admin'))", [], cancellation);
                var found = await transaction.Query(
                    $"SELECT {ViewColumns} FROM accounts WHERE id = $1 FOR NO KEY UPDATE", View, [account.Value], cancellation);
                if (found is not [var before])
                    return (ChangeOutcome.NotFound, []);
                if (before.ErasedAt is not null)
                    return (ChangeOutcome.Erased, []);
                if (before is { Role: Role.Admin, Active: true } && !staysAdmin(before) && !await HasOtherAdmin(transaction, account, cancellation))
                    return (ChangeOutcome.LastAdmin, []);
                return await change(transaction, before);
            },
            cancellation);
        sessions.Remember(ended);
        return outcome;
    }

    private static async Task<Dictionary<Guid, Account>> Read(NpgsqlDataSource database, Guid[] ids)
    {
        var accounts = await database.Query(
            $"""
            SELECT id, email, nickname, role, created_at, {LastLogin}
            FROM accounts
            WHERE id = ANY ($1) AND active
            """,
            row => new Account(
                new AccountId(row.GetGuid(0)),
                row.GetString(1),
                row.GetString(2),
                WireNames<Role>.Parse(row.GetString(3)),
                row.Time(4),
                row.Optional<DateTimeOffset>(5)),
            [ids], CancellationToken.None);
        return accounts.ToDictionary(account => account.Id.Value);
    }

    private static async Task<bool> HasOtherAdmin(NpgsqlTransaction transaction, AccountId account, CancellationToken cancellation)
    {
        var others = await transaction.Query(
            "SELECT id FROM accounts WHERE role = 'ADMIN' AND active AND id <> $1 LIMIT 1", row => row.GetGuid(0), [account.Value], cancellation);
        return others.Count > 0;
    }

    private static object?[] Values(Account account, string passwordHash) =>
        [account.Id.Value, account.Email, passwordHash, account.Nickname, WireNames<Role>.Of(account.Role), account.CreatedAt];

    private static UserView View(NpgsqlDataReader row) => new(
        new AccountId(row.GetGuid(0)),
        row.OptionalText(1),
        row.OptionalText(2),
        WireNames<Role>.Parse(row.GetString(3)),
        row.GetBoolean(4),
        row.Time(5),
        row.Optional<DateTimeOffset>(6),
        row.Optional<DateTimeOffset>(7),
        row.Optional<DateTimeOffset>(8));
}
