using System.Text.Json;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Auth.Sessions;

internal enum SessionEnd
{
    Logout,
    EndedByUser,
    PasswordChanged,
    AccountChanged,
    AccountErased,
    TokenReplayed,
}

/// <summary>Whom the tokens of an opened or refreshed session speak for.</summary>
internal sealed record SessionHolder(AccountId Account, Role Role);

internal enum RefreshOutcome
{
    /// <summary>The token was the current one; it has a successor now.</summary>
    Rotated,

    /// <summary>It was rotated a moment ago and its successor is unused: the answer was lost, or two tabs refreshed at once.</summary>
    Repeated,

    /// <summary>A token that was used up came again: somebody else has it. The session has ended.</summary>
    Replayed,

    /// <summary>The session has ended or expired.</summary>
    Over,
}

/// <summary>Sessions in the database. Every change is one guarded statement; ids of ended ones are published as revoked.</summary>
internal sealed class SessionStore(NpgsqlDataSource database, RefreshTokens tokens, RevokedSessions revoked, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private const string ViewColumns = "id, created_at, COALESCE(rotated_at, created_at), expires_at, address, user_agent, ended_at";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Opens a session for an account whose password was just checked, and notes the login for whoever wants to know of it.
    /// Null where the account was deactivated, erased or given another password since.
    /// </summary>
    public async Task<SessionHolder?> Open(
        RefreshToken token, AccountId account, string passwordHash, Visitor visitor, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var login = JsonSerializer.Serialize(new { session = token.Session, visitor.Address, visitor.Network, visitor.UserAgent }, JsonRules.Options);
        return await database.QueryOne(
            // FOR SHARE: whoever deactivates the account at this moment either is seen here, or sees this session and ends it.
            """
            WITH holder AS (
                SELECT id, role
                FROM accounts
                WHERE id = $1 AND active AND password_hash = $2
                FOR SHARE
            ), opened AS (
                INSERT INTO sessions (id, account_id, created_at, expires_at, address, user_agent, token_hash)
                SELECT $3, id, $4, $4 + $5, $6, $7, $8
                FROM holder
            ), told AS (
                INSERT INTO outbox (id, kind, account_id, body, created_at)
                SELECT $9, 'login', id, $10::jsonb, $4
                FROM holder
            )
            SELECT id, role
            FROM holder
            """,
            Holder,
            [account.Value, passwordHash, token.Session.Value, now, Lifetime, visitor.Address, visitor.UserAgent, token.Hash, Guid.CreateVersion7(now), login],
            cancellation);
    }

    /// <summary>Exchanges a refresh token. Of several at once that present the same token one rotates it, the others repeat its answer.</summary>
    public async Task<(RefreshOutcome Outcome, SessionHolder? Holder)> Refresh(RefreshToken presented, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var successor = tokens.Successor(presented);
        var rotated = await database.QueryOne(
            """
            UPDATE sessions
            SET token_hash = $1,
                previous_hash = token_hash,
                rotated_at = $2,
                expires_at = $2 + $3
            FROM accounts
            WHERE sessions.id = $4
              AND sessions.token_hash = $5
              AND sessions.ended_at IS NULL
              AND sessions.expires_at > $2
              AND accounts.id = sessions.account_id
              AND accounts.active
            RETURNING accounts.id, accounts.role
            """,
            Holder, [successor.Hash, now, Lifetime, presented.Session.Value, presented.Hash], cancellation);
        if (rotated is not null)
            return (RefreshOutcome.Rotated, rotated);

        var standing = await database.QueryOne(
            """
            SELECT accounts.id, accounts.role,
                   sessions.previous_hash = $2 AND sessions.token_hash = $3 AND sessions.rotated_at > $4 AS repeated
            FROM sessions
            JOIN accounts ON accounts.id = sessions.account_id
            WHERE sessions.id = $1
              AND sessions.ended_at IS NULL
              AND sessions.expires_at > $5
              AND accounts.active
            """,
            row => (Holder: Holder(row), Repeated: row.Optional<bool>(2) == true),
            [presented.Session.Value, presented.Hash, successor.Hash, now - Grace, now], cancellation);
        if (standing.Holder is null)
            return (RefreshOutcome.Over, null);
        if (standing.Repeated)
            return (RefreshOutcome.Repeated, standing.Holder);

        await End(presented.Session, SessionEnd.TokenReplayed, cancellation);
        return (RefreshOutcome.Replayed, null);
    }

    /// <summary>Ends one session. False where there is none alive, or where an owner is named and it is not theirs.</summary>
    public async Task<bool> End(SessionId session, SessionEnd reason, CancellationToken cancellation, AccountId? owner = null)
    {
        var now = time.GetUtcNow();
        var ended = await database.InTransaction(
            async transaction =>
            {
                // The account before its sessions, as everywhere else.
                await transaction.Execute(
                    """
                    SELECT FROM accounts
                    WHERE id = (SELECT account_id FROM sessions WHERE id = $1)
                    FOR NO KEY UPDATE
                    """,
                    [session.Value], cancellation);
                return await transaction.Query(
                    """
                    WITH ended AS (
                        UPDATE sessions
                        SET ended_at = $1, end_reason = $2
                        WHERE id = $3 AND account_id = COALESCE($4, account_id) AND ended_at IS NULL
                        RETURNING id, account_id
                    ), published AS (
                        INSERT INTO revocations (id, revoked_at)
                        SELECT id, $1
                        FROM ended
                    ), noted AS (
                        UPDATE accounts
                        SET last_logout_at = $1
                        FROM ended
                        WHERE accounts.id = ended.account_id AND $2 = 'logout'
                    )
                    SELECT id
                    FROM ended
                    """,
                    row => row.GetGuid(0), [now, SnakeCase(reason), session.Value, (object?)owner?.Value], cancellation);
            },
            cancellation);
        Remember(ended);
        return ended.Count > 0;
    }

    /// <summary>
    /// Ends the sessions of an account, all or all but one, in the caller's transaction. To be called after the statement that
    /// locks the account's row, so that no login slips in between; the ids are to be remembered after the commit.
    /// </summary>
    public async Task<IReadOnlyList<Guid>> EndAll(
        NpgsqlTransaction transaction, AccountId account, SessionEnd reason, CancellationToken cancellation, SessionId? except = null) =>
        await transaction.Query(
            """
            WITH ended AS (
                UPDATE sessions
                SET ended_at = $1, end_reason = $2
                WHERE account_id = $3 AND id <> $4 AND ended_at IS NULL
                RETURNING id
            ), published AS (
                INSERT INTO revocations (id, revoked_at)
                SELECT id, $1
                FROM ended
            )
            SELECT id
            FROM ended
            """,
            row => row.GetGuid(0), [time.GetUtcNow(), SnakeCase(reason), account.Value, except?.Value ?? Guid.Empty], cancellation);

    /// <summary>This process refuses the tokens of ended sessions at once; the others learn of them within seconds.</summary>
    public void Remember(IReadOnlyList<Guid> ended)
    {
        foreach (var session in ended)
            revoked.Add(session, time.GetUtcNow());
    }

    public Task<List<SessionView>> Alive(AccountId account, SessionId current, CancellationToken cancellation) =>
        database.Query(
            $"""
            SELECT {ViewColumns}
            FROM sessions
            WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2
            ORDER BY id DESC
            LIMIT 200
            """,
            row => View(row, current), [account.Value, time.GetUtcNow()], cancellation);

    /// <summary>Ended and expired ones too, for as long as they are kept.</summary>
    public Task<List<SessionView>> All(AccountId account, SessionId current, CancellationToken cancellation) =>
        database.Query(
            $"SELECT {ViewColumns} FROM sessions WHERE account_id = $1 ORDER BY id DESC",
            row => View(row, current), [account.Value], cancellation);

    private static SessionView View(NpgsqlDataReader row, SessionId current) => new(
        new SessionId(row.GetGuid(0)),
        row.Time(1),
        row.Time(2),
        row.Time(3),
        row.OptionalText(4),
        row.OptionalText(5),
        row.GetGuid(0) == current.Value,
        row.Optional<DateTimeOffset>(6));

    private static SessionHolder Holder(NpgsqlDataReader row) => new(new AccountId(row.GetGuid(0)), WireNames<Role>.Parse(row.GetString(1)));

    private static string SnakeCase(SessionEnd reason) => JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());
}

/// <summary>A session as its owner sees it.</summary>
public sealed record SessionView(
    SessionId Id,
    DateTimeOffset CreatedAt,
    DateTimeOffset LastUsedAt,
    DateTimeOffset ExpiresAt,
    string? Address,
    string? UserAgent,
    bool Current,
    DateTimeOffset? EndedAt = null);
