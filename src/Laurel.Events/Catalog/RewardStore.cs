using System.Text.Json;
using Laurel.Events.Claims;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Catalog;

internal enum RewardOutcome
{
    NotFound,
    VersionMismatch,
    RuleBroken,
    Unchanged,
    Changed,
}

internal sealed record RewardChange(RewardOutcome Outcome, Reward? Reward = null, IReadOnlyList<FieldError>? Broken = null);

/// <summary>Rewards in the database.</summary>
internal sealed class RewardStore(NpgsqlDataSource database, EventCatalog catalog, TimeProvider time)
{
    public const string Columns = "id, name, contents, stock, version, created_at, created_by, updated_at";

    /// <summary>A new reward is no change of the catalog: nothing refers to it yet.</summary>
    public Task<Reward> Add(RewardRequest reward, Actor by, CancellationToken cancellation) => database.InTransaction(
        async transaction =>
        {
            var now = time.GetUtcNow();
            var made = await transaction.Query(
                $"""
                INSERT INTO rewards (id, name, contents, stock, version, created_at, created_by, updated_at)
                VALUES ($1, $2, $3::jsonb, $4, 1, $5, $6, $5)
                RETURNING {Columns}
                """,
                Read, [Guid.CreateVersion7(now), reward.Name, Json(reward.Contents), reward.Stock, now, by.Id], cancellation);
            await Stocks.Set(transaction, made[0].Id.Value, reward.Stock, cancellation);
            await AuditTrail.Add(transaction, new AuditEntry(by, "reward.created", "reward", made[0].Id.ToString(), After: reward), cancellation);
            return made[0];
        },
        cancellation);

    public async Task<RewardChange> Change(RewardId id, Patch<RewardRequest> patch, IfMatch seen, Actor by, CancellationToken cancellation)
    {
        try
        {
            return await MakeChange(id, patch, seen, by, cancellation);
        }
        catch (PostgresException exception) when (exception.ConstraintName == Stocks.BelowTaken)
        {
            return new RewardChange(RewardOutcome.RuleBroken, Broken: [RewardRules.BelowTaken]);
        }
    }

    private Task<RewardChange> MakeChange(RewardId id, Patch<RewardRequest> patch, IfMatch seen, Actor by, CancellationToken cancellation) =>
        catalog.Change(
            async transaction =>
            {
                if (await Find(transaction, id, cancellation) is not { } before)
                    return new RewardChange(RewardOutcome.NotFound);
                if (!seen.Permits(before.Version))
                    return new RewardChange(RewardOutcome.VersionMismatch);

                var request = before.Request;
                var wanted = patch.ApplyTo(request);
                if (ReferenceEquals(wanted, request))
                    return new RewardChange(RewardOutcome.Unchanged, before);
                if (RewardRules.Check(wanted) is { Count: > 0 } broken)
                    return new RewardChange(RewardOutcome.RuleBroken, Broken: broken);

                var after = await transaction.Query(
                    $"""
                    UPDATE rewards
                    SET name = $2, contents = $3::jsonb, stock = $4, version = version + 1, updated_at = $5
                    WHERE id = $1
                    RETURNING {Columns}
                    """,
                    Read, [id.Value, wanted.Name, Json(wanted.Contents), wanted.Stock, time.GetUtcNow()], cancellation);
                if (wanted.Stock != request.Stock)
                    await Stocks.Set(transaction, id.Value, wanted.Stock, cancellation);
                await AuditTrail.Add(transaction, new AuditEntry(by, "reward.changed", "reward", id.ToString(), request, wanted), cancellation);
                return new RewardChange(RewardOutcome.Changed, after[0]);
            },
            cancellation);

    public Task<Reward?> Find(RewardId id, CancellationToken cancellation) =>
        database.QueryOne($"SELECT {Columns} FROM rewards WHERE id = $1", Read, [id.Value], cancellation);

    public Task<List<Reward>> List(ContentKind? kind, string? text, Guid? before, int limit, CancellationToken cancellation) =>
        database.Query(
            $"""
            SELECT {Columns}
            FROM rewards
            WHERE ($1::text IS NULL OR contents @> jsonb_build_array(jsonb_build_object('type', $1)))
              AND ($2::text IS NULL OR name ILIKE $2)
              AND ($3::uuid IS NULL OR id < $3)
            ORDER BY id DESC
            LIMIT $4
            """,
            Read, [kind is { } known ? WireNames<ContentKind>.Of(known) : null, text is null ? null : Sql.Containing(text), before, limit], cancellation);

    public static Task<List<Reward>> Find(NpgsqlTransaction transaction, IEnumerable<RewardId> ids, CancellationToken cancellation) =>
        transaction.Query(
            $"SELECT {Columns} FROM rewards WHERE id = ANY ($1)", Read, [ids.Select(id => id.Value).ToArray()], cancellation);

    public static async Task<Reward?> Find(NpgsqlTransaction transaction, RewardId id, CancellationToken cancellation) =>
        (await Find(transaction, [id], cancellation)).SingleOrDefault();

    private static IReadOnlyList<Content> Contents(string json) => JsonSerializer.Deserialize<IReadOnlyList<Content>>(json, JsonRules.Options)!;

    private static string Json(IReadOnlyList<Content> contents) => JsonSerializer.Serialize(contents, JsonRules.Options);

    public static Reward Read(NpgsqlDataReader row) => new(
        new RewardId(row.GetGuid(0)),
        row.GetString(1),
        Contents(row.GetString(2)),
        row.Optional<long>(3),
        row.GetInt32(4),
        row.Time(5),
        row.GetString(6),
        row.Time(7));
}
