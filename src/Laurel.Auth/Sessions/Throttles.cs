using System.Security.Cryptography;
using System.Text;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Auth.Sessions;

/// <summary>So many attempts in a bucket in a window of time.</summary>
internal sealed record Throttle(string Bucket, int Limit, TimeSpan Window)
{
    /// <summary>Hashed, so that the table tells nobody which addresses tried which e-mail.</summary>
    public byte[] Key { get; } = SHA256.HashData(Encoding.UTF8.GetBytes(Bucket));

    public static Throttle SignUps(string network, int perHour) => new($"sign-up|{network}", perHour, TimeSpan.FromHours(1));

    /// <summary>
    /// What one login attempt counts against. None of these can lock the owner out: where a login last succeeded, attempts
    /// are counted by the minute alone.
    /// </summary>
    public static IReadOnlyList<Throttle> Login(string email, string network, bool lastSucceededHere)
    {
        var account = email.ToLowerInvariant();
        // The e-mail stands last and each name is of its own: it is any text, and must not spell another bucket.
        var here = new Throttle($"login-here|{network}|{account}", 9, TimeSpan.FromMinutes(1));
        var anywhere = new Throttle($"login-account|{account}", 100, TimeSpan.FromHours(1));
        var anyone = new Throttle($"login-network|{network}", 1000, TimeSpan.FromHours(1));
        return lastSucceededHere ? [here] : [here, anywhere, anyone];
    }

    public static IReadOnlyList<Throttle> PasswordChange(AccountId account) => [new($"password|{account}", 9, TimeSpan.FromMinutes(1))];
}

/// <summary>
/// Counts attempts in the database, for all processes together. An attempt is counted before it is made and given back when it
/// succeeds: fifty guesses at once cannot all pass a check that none of them has moved yet.
/// </summary>
internal sealed class Throttles(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>How long until there is room in all buckets; null where there is now. Counts nothing.</summary>
    public async Task<TimeSpan?> Wait(IReadOnlyList<Throttle> throttles, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var full = await database.Query(
            """
            SELECT window_ends
            FROM throttles
            JOIN unnest($1::bytea[], $2::integer[]) AS asked (bucket, most) USING (bucket)
            WHERE attempts >= most AND window_ends > $3
            """,
            row => row.Time(0),
            [throttles.Select(throttle => throttle.Key).ToArray(), throttles.Select(throttle => throttle.Limit).ToArray(), now], cancellation);
        return full.Count == 0 ? null : full.Max() - now;
    }

    /// <summary>Null where all buckets have room, which then count this attempt; else how long to wait, and none counts it.</summary>
    public async Task<TimeSpan?> Take(IReadOnlyList<Throttle> throttles, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        try
        {
            return await database.InTransaction<TimeSpan?>(
                async transaction =>
                {
                    foreach (var throttle in InLockOrder(throttles))
                        await Take(transaction, throttle, now, cancellation);
                    return null;
                },
                cancellation);
        }
        catch (FullException full)
        {
            return full.Wait;
        }
    }

    public Task GiveBack(IReadOnlyList<Throttle> throttles, CancellationToken cancellation) =>
        database.Execute(
            """
            WITH locked AS (
                SELECT bucket
                FROM throttles
                WHERE bucket = ANY ($1)
                ORDER BY bucket
                FOR UPDATE
            )
            UPDATE throttles
            SET attempts = attempts - 1
            FROM locked
            WHERE throttles.bucket = locked.bucket AND attempts > 0
            """,
            [throttles.Select(throttle => throttle.Key).ToArray()], cancellation);

    private static async Task Take(NpgsqlTransaction transaction, Throttle throttle, DateTimeOffset now, CancellationToken cancellation)
    {
        var taken = await transaction.Query(
            """
            INSERT INTO throttles AS t (bucket, attempts, window_ends)
            VALUES ($1, 1, $2 + $3)
            ON CONFLICT ON CONSTRAINT throttles_pkey DO UPDATE
            SET attempts = CASE WHEN t.window_ends <= $2 THEN 1 ELSE t.attempts + 1 END,
                window_ends = CASE WHEN t.window_ends <= $2 THEN excluded.window_ends ELSE t.window_ends END
            WHERE t.window_ends <= $2 OR t.attempts < $4
            RETURNING attempts
            """,
            row => row.GetInt32(0), [throttle.Key, now, throttle.Window, throttle.Limit], cancellation);
        if (taken.Count > 0)
            return;

        var ends = await transaction.Query(
            "SELECT window_ends FROM throttles WHERE bucket = $1", row => row.Time(0), [throttle.Key], cancellation);
        throw new FullException(ends is [var end] && end > now ? end - now : TimeSpan.FromSeconds(1));
    }

    /// <summary>Everybody locks the rows in one order, that of PostgreSQL's bytea, or two attempts could wait for each other.</summary>
    private static IEnumerable<Throttle> InLockOrder(IReadOnlyList<Throttle> throttles) =>
        throttles.OrderBy(throttle => throttle.Key, Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right)));

    /// <summary>Rolls back what the other buckets have counted.</summary>
    private sealed class FullException(TimeSpan wait) : Exception
    {
        public TimeSpan Wait => wait;
    }
}
