using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Laurel.Auth.Sessions;
using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Auth.ServiceAccounts;

/// <summary>A game server or another service, as an ADMIN sees it. Its secret is shown once, when it is made.</summary>
public sealed record ServiceAccount(
    ServiceAccountId ClientId,
    string Name,
    IReadOnlyList<string> Scopes,
    bool Active,
    DateTimeOffset CreatedAt,
    DateTimeOffset SecretRotatedAt);

internal sealed record ServiceGrant(Guid Id, string[] Scopes);

internal sealed class ServiceAccountStore(NpgsqlDataSource database, SessionStore sessions, TimeProvider time)
{
    public const string SecretPrefix = "lss_";

    private const string Columns = "id, name, scopes, active, created_at, secret_rotated_at";

    public static string NewSecret() => SecretPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Null where the name is taken.</summary>
    public Task<ServiceAccount?> Add(string name, IReadOnlyList<string> scopes, string secret, Actor by, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return database.InTransaction(
            async transaction =>
            {
                var added = await transaction.Query(
                    $"""
                    INSERT INTO service_accounts (id, name, scopes, secret_hash, grant_id, created_at, secret_rotated_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $6)
                    ON CONFLICT ON CONSTRAINT service_accounts_name_unique DO NOTHING
                    RETURNING {Columns}
                    """,
                    View, [Guid.CreateVersion7(now), name, scopes.ToArray(), Hash(secret), Guid.CreateVersion7(now), now], cancellation);
                if (added is not [var account])
                    return null;
                await AuditTrail.Add(transaction, Entry(by, "serviceAccount.created", account.ClientId, after: new { name, scopes }), cancellation);
                return account;
            },
            cancellation);
    }

    public Task<List<ServiceAccount>> List(Guid? before, int limit, CancellationToken cancellation) =>
        database.Query(
            $"""
            SELECT {Columns}
            FROM service_accounts
            WHERE $1::uuid IS NULL OR id < $1
            ORDER BY id DESC
            LIMIT $2
            """,
            View, [before, limit], cancellation);

    public Task<ServiceAccount?> Find(ServiceAccountId id, CancellationToken cancellation) =>
        database.QueryOne($"SELECT {Columns} FROM service_accounts WHERE id = $1", View, [id.Value], cancellation);

    /// <summary>What this id and secret may do; null where they are not a pair, or the account is switched off.</summary>
    public async Task<ServiceGrant?> Authenticate(ServiceAccountId id, string secret, CancellationToken cancellation)
    {
        var known = await database.QueryOne(
            "SELECT secret_hash, grant_id, scopes FROM service_accounts WHERE id = $1 AND active",
            row => (Hash: row.GetFieldValue<byte[]>(0), Grant: new ServiceGrant(row.GetGuid(1), row.GetFieldValue<string[]>(2))),
            [id.Value], cancellation);
        return known.Hash is not null && CryptographicOperations.FixedTimeEquals(known.Hash, Hash(secret)) ? known.Grant : null;
    }

    public Task<ServiceAccount?> Change(ServiceAccountId id, bool? active, IReadOnlyList<string>? scopes, Actor by, CancellationToken cancellation) =>
        Regrant(id, "active = COALESCE($3, active), scopes = COALESCE($4, scopes)", [active, scopes?.ToArray()], "serviceAccount.changed", by, cancellation);

    public Task<ServiceAccount?> RotateSecret(ServiceAccountId id, string secret, Actor by, CancellationToken cancellation) =>
        Regrant(id, "secret_hash = $3, secret_rotated_at = $4", [Hash(secret), time.GetUtcNow()], "serviceAccount.secretRotated", by, cancellation);

    /// <summary>Changes an account and gives it a new grant, so that the tokens of the old one die everywhere.</summary>
    private async Task<ServiceAccount?> Regrant(
        ServiceAccountId id, string change, object?[] values, string action, Actor by, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        Guid? old = null;
        var changed = await database.InTransaction(
            async transaction =>
            {
                var grants = await transaction.Query(
                    $"SELECT {Columns}, grant_id FROM service_accounts WHERE id = $1 FOR UPDATE",
                    row => (Account: View(row), Grant: row.GetGuid(6)), [id.Value], cancellation);
                if (grants is not [var (before, grant)])
                    return null;

                old = grant;
                await transaction.Execute("INSERT INTO revocations (id, revoked_at) VALUES ($1, $2)", [grant, now], cancellation);
                var rows = await transaction.Query(
                    $"UPDATE service_accounts SET grant_id = $2, {change} WHERE id = $1 RETURNING {Columns}",
                    View, [id.Value, Guid.CreateVersion7(now), .. values], cancellation);
                await AuditTrail.Add(transaction, Entry(by, action, id, before, rows[0]), cancellation);
                return rows[0];
            },
            cancellation);
        if (old is { } revoked)
            sessions.Remember([revoked]);
        return changed;
    }

    private static AuditEntry Entry(Actor by, string action, ServiceAccountId id, object? before = null, object? after = null) =>
        new(by, action, "serviceAccount", id.ToString(), before, after);

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static ServiceAccount View(NpgsqlDataReader row) => new(
        new ServiceAccountId(row.GetGuid(0)), row.GetString(1), row.GetFieldValue<string[]>(2), row.GetBoolean(3), row.Time(4), row.Time(5));
}
