using System.Collections.Concurrent;
using System.Security.Cryptography;
using Laurel.Platform;
using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;
using Laurel.Platform.Secrets;
using Laurel.Platform.Tokens;
using Npgsql;

namespace Laurel.Auth.Keys;

/// <summary>
/// The signing keys in the database, sealed under the master key. A new key is published before it signs, and an old one counts
/// until the last token that it signed has expired: a rotation is never seen by anyone who holds a token.
/// </summary>
internal sealed class KeyStore(NpgsqlDataSource database, SecretBox secrets, KeyRing ring, TimeProvider time)
{
    /// <summary>How long verifiers may keep the key set before they ask again; so long a new key waits before it signs.</summary>
    public static readonly TimeSpan Publication = TimeSpan.FromMinutes(5);

    private const string Purpose = "signing-key";
    private readonly ConcurrentDictionary<string, SigningKey> _opened = new(StringComparer.Ordinal);

    /// <summary>Loads the keys into the ring; makes the first one where there is none.</summary>
    public async Task Load(CancellationToken cancellation)
    {
        if (!await TryLoad(cancellation))
        {
            await Add(activatesIn: TimeSpan.Zero, withdrawOld: false, onlyIfNone: true, Actor.Laurel, cancellation);
            if (!await TryLoad(cancellation))
                throw new InvalidOperationException("There is no signing key though one was just made.");
        }
    }

    /// <summary>
    /// Makes a new key. At once: it signs from now on and all earlier keys are withdrawn, which ends every access token
    /// (sessions stay: clients refresh). For a key that has leaked.
    /// </summary>
    public Task<string> Rotate(bool atOnce, Actor by, CancellationToken cancellation) =>
        Add(atOnce ? TimeSpan.Zero : Publication, withdrawOld: atOnce, onlyIfNone: false, by, cancellation);

    private async Task<bool> TryLoad(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var rows = await database.Query(
            """
            SELECT kid, sealed, activates_at
            FROM signing_keys
            WHERE retires_at IS NULL OR retires_at > $1
            ORDER BY activates_at DESC, kid
            """,
            row => (Kid: row.GetString(0), Sealed: row.GetFieldValue<byte[]>(1), ActivatesAt: row.Time(2)), [now], cancellation);

        var keys = rows.Select(row => (row.ActivatesAt, Key: Open(row.Kid, row.Sealed))).ToList();
        if (keys.Count == 0)
            return false;

        // Where none is active yet, another machine's clock is ahead of ours: the earliest will be what it signs with.
        var signing = keys.Find(key => key.ActivatesAt <= now).Key ?? keys[^1].Key;
        ring.Replace(signing, new KeySet(keys.Select(key => key.Key.Public)));
        return true;
    }

    private SigningKey Open(string kid, byte[] box)
    {
        if (_opened.TryGetValue(kid, out var known))
            return known;

        var pkcs8 = secrets.Open(Purpose, box)
            ?? throw new StartupException("The signing keys in the auth database were sealed under another master key: give Laurel__MasterKey, or the data folder, with which the database was made.");
        return _opened[kid] = SigningKey.ImportPkcs8(pkcs8);
    }

    private async Task<string> Add(TimeSpan activatesIn, bool withdrawOld, bool onlyIfNone, Actor by, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var key = SigningKey.Create();
        var pkcs8 = key.ExportPkcs8();
        var box = secrets.Seal(Purpose, pkcs8);
        CryptographicOperations.ZeroMemory(pkcs8);

        await database.InTransaction(
            async transaction =>
            {
                // Two processes that start on an empty database must agree on one first key.
                await transaction.Execute("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE", [], cancellation);
                var added = await transaction.Execute(
                    """
                    INSERT INTO signing_keys (kid, sealed, created_at, activates_at)
                    SELECT $1, $2, $3, $4
                    WHERE NOT $5 OR NOT EXISTS (SELECT FROM signing_keys WHERE retires_at IS NULL)
                    """,
                    [key.Kid, box, now, now + activatesIn, onlyIfNone], cancellation);
                if (!onlyIfNone)
                {
                    await transaction.Execute(
                        """
                        UPDATE signing_keys
                        SET retires_at = LEAST(retires_at, $2)
                        WHERE kid <> $1
                        """,
                        [key.Kid, withdrawOld ? now : now + activatesIn + AccessTokens.LongestLife], cancellation);
                }

                if (added == 1)
                {
                    var entry = new AuditEntry(by, withdrawOld ? "signingKey.replaced" : "signingKey.added", "signingKey", key.Kid);
                    await AuditTrail.Add(transaction, entry, cancellation);
                }

                return true;
            },
            cancellation);
        return key.Kid;
    }
}
