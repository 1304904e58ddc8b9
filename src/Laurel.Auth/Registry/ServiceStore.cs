using System.Security.Cryptography;
using System.Text.Json;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Laurel.Platform.Registry;
using Npgsql;

namespace Laurel.Auth.Registry;

/// <summary>The services behind the gateway. Leases are by the database's clock.</summary>
internal sealed class ServiceStore(NpgsqlDataSource database)
{
    /// <summary>All that is told: of Laurel's own services also the processes that are gone.</summary>
    private const string Known =
        """
        FROM services
        LEFT JOIN service_instances ON service_instances.name = services.name AND (expires_at IS NULL OR expires_at > now() OR prefix IS NULL)
        WHERE removed_at IS NULL
        """;

    /// <summary>A process says where it is and what it serves, or that it is still there.</summary>
    public async Task<Registering> Register(string name, string? prefix, ServiceInstance instance, string owner, Actor actor, CancellationToken cancellation)
    {
        var (said, digest) = Said(instance);
        var renewed = await database.Execute(
            """
            UPDATE service_instances
            SET expires_at = now() + $1
            FROM services
            WHERE service_instances.name = $2 AND address = $3 AND digest = $4 AND expires_at > now()
              AND services.name = $2 AND services.prefix IS NOT DISTINCT FROM $5 AND services.owner = $6 AND services.removed_at IS NULL
            """,
            [RegistrySnapshot.Lease, name, instance.Address, digest, prefix, owner], cancellation);
        return renewed > 0
            ? Registering.Done
            : await Admit(name, prefix, owner, instance, digest, said, actor, cancellation);
    }

    private Task<Registering> Admit(
        string name, string? prefix, string owner, ServiceInstance instance, byte[] digest, string said, Actor actor, CancellationToken cancellation) =>
        database.InTransaction(async transaction =>
        {
            // Whether a prefix overlaps another's is no constraint's to decide: one registers after the other.
            await transaction.Execute("LOCK TABLE services IN SHARE ROW EXCLUSIVE MODE", [], cancellation);
            var known = await transaction.Query(
                "SELECT prefix, owner, removed_at IS NOT NULL FROM services WHERE name = $1",
                row => (Prefix: row.OptionalText(0), Owner: row.OptionalText(1), IsRemoved: row.GetBoolean(2)), [name], cancellation);
            if (known is [{ IsRemoved: true }])
                return Registering.Removed;
            if (known is [var one] && one.Owner != owner)
                return Registering.NameTaken;
            if (await Overlaps(transaction, name, prefix, cancellation))
                return Registering.PrefixTaken;
            if (prefix is not null)
            {
                // Nobody is told of them any more; who comes and goes under ever other addresses fills no disk.
                await transaction.Execute("DELETE FROM service_instances WHERE name = $1 AND expires_at <= now()", [name], cancellation);
                var room = await RegistryRoom.For(transaction, name, isNew: known.Count == 0, owner, instance, said.Length, cancellation);
                if (room != Registering.Done)
                    return room;
            }

            await transaction.Execute(
                """
                INSERT INTO services (name, prefix, owner)
                VALUES ($1, $2, $3)
                ON CONFLICT (name) DO UPDATE SET prefix = excluded.prefix
                """,
                [name, prefix, owner], cancellation);
            await transaction.Execute(
                """
                INSERT INTO service_instances (name, address, digest, said, bytes, expires_at)
                VALUES ($1, $2, $3, $4::jsonb, $5, now() + $6)
                ON CONFLICT (name, address) DO UPDATE
                SET digest = excluded.digest, said = excluded.said, bytes = excluded.bytes, expires_at = excluded.expires_at, registered_at = now()
                """,
                [name, instance.Address, digest, said, said.Length, RegistrySnapshot.Lease], cancellation);
            await AuditTrail.Add(transaction, new AuditEntry(actor, "service.registered", "service", name, After: new { prefix, instance.Address }), cancellation);
            return Registering.Done;
        }, cancellation);

    /// <summary>An admin names a service, and perhaps its processes; one that was removed may come back by it.</summary>
    public Task<Registering> Add(RegisteredService service, string prefix, Actor actor, CancellationToken cancellation) =>
        database.InTransaction(async transaction =>
        {
            var (name, owner) = (service.Name, service.Owner);
            var all = service.Instances.Select(instance => (instance.Address, Said: Said(instance))).ToList();
            await transaction.Execute("LOCK TABLE services IN SHARE ROW EXCLUSIVE MODE", [], cancellation);
            if (await Overlaps(transaction, name, prefix, cancellation))
                return Registering.PrefixTaken;
            if (!await RegistryRoom.IsFor(transaction, name, [.. all.Select(one => one.Address)], all.Sum(one => one.Said.Json.Length), cancellation))
                return Registering.Full;
            var added = await transaction.Execute(
                """
                INSERT INTO services (name, prefix, owner, passes_token)
                VALUES ($1, $2, $3, $4)
                ON CONFLICT (name) DO UPDATE
                SET prefix = excluded.prefix, owner = excluded.owner, passes_token = excluded.passes_token, added_at = now(), removed_at = NULL
                WHERE services.removed_at IS NOT NULL
                """,
                [name, prefix, owner, service.PassesToken], cancellation);
            if (added == 0)
                return Registering.NameTaken;
            foreach (var (address, (said, digest)) in all)
            {
                await transaction.Execute(
                    "INSERT INTO service_instances (name, address, digest, said, bytes) VALUES ($1, $2, $3, $4::jsonb, $5)",
                    [name, address, digest, said, said.Length], cancellation);
            }

            await AuditTrail.Add(transaction, new AuditEntry(actor, "service.added", "service", name, After: new { prefix, owner, service.PassesToken, addresses = all.Select(one => one.Address) }), cancellation);
            return Registering.Done;
        }, cancellation);

    /// <summary>It is gone until an admin adds it again, whatever its processes say.</summary>
    public Task<bool> Remove(string name, Actor actor, CancellationToken cancellation) =>
        database.InTransaction(async transaction =>
        {
            var removed = await transaction.Execute("UPDATE services SET removed_at = now(), prefix = NULL WHERE name = $1 AND removed_at IS NULL", [name], cancellation);
            if (removed == 0)
                return false;
            await transaction.Execute("DELETE FROM service_instances WHERE name = $1", [name], cancellation);
            await AuditTrail.Add(transaction, new AuditEntry(actor, "service.removed", "service", name), cancellation);
            return true;
        }, cancellation);

    /// <summary>A process goes.</summary>
    public Task<bool> Leave(string name, string address, string owner, Actor actor, CancellationToken cancellation) =>
        database.InTransaction(async transaction =>
        {
            var left = await transaction.Execute(
                """
                UPDATE service_instances
                SET expires_at = now()
                FROM services
                WHERE service_instances.name = $1 AND address = $2 AND expires_at > now() AND services.name = $1 AND services.owner = $3
                """,
                [name, address, owner], cancellation);
            if (left == 0)
                return false;
            await AuditTrail.Add(transaction, new AuditEntry(actor, "service.left", "service", name, Before: new { address }), cancellation);
            return true;
        }, cancellation);

    /// <summary>What stands in for all that is known, to tell whether anything has changed.</summary>
    public async Task<string> Tag(CancellationToken cancellation)
    {
        var tag = await database.Query(
            $"""
            SELECT md5(string_agg(services.name || ' ' || COALESCE(prefix, '') || ' ' || COALESCE(owner, '') || ' ' || passes_token || ' ' || COALESCE(address, '') || ' ' || COALESCE(encode(digest, 'hex'), '')
                || CASE WHEN expires_at <= now() THEN ' gone' ELSE '' END, ',' ORDER BY services.name, registered_at, address))
            {Known}
            """,
            row => row.OptionalText(0), [], cancellation);
        return tag[0] ?? "none";
    }

    public async Task<List<RegisteredService>> All(CancellationToken cancellation)
    {
        var rows = await database.Query(
            $"""
            SELECT services.name, prefix, owner, passes_token, said, expires_at <= now() IS TRUE
            {Known}
            ORDER BY services.name, registered_at, address
            """,
            row => (Name: row.GetString(0), Prefix: row.OptionalText(1), Owner: row.OptionalText(2), PassesToken: row.GetBoolean(3),
                Instance: row.OptionalText(4) is { } said ? JsonSerializer.Deserialize<ServiceInstance>(said, JsonRules.AmongOurselves) : null, IsGone: row.GetBoolean(5)),
            [], cancellation);
        return [.. rows.GroupBy(row => (row.Name, row.Prefix, row.Owner, row.PassesToken)).Select(service => new RegisteredService(
            service.Key.Name,
            [.. service.Where(row => !row.IsGone).Select(row => row.Instance).OfType<ServiceInstance>()],
            service.Key.Prefix,
            service.Key.Owner,
            service.Key.PassesToken,
            service.All(row => row.IsGone) ? service.Last().Instance : null))];
    }

    /// <summary>Forgets processes that have long been silent; of Laurel's own services not the last, which says what they serve when they are there.</summary>
    public Task<int> Sweep(CancellationToken cancellation) => database.Execute(
        """
        DELETE FROM service_instances AS one
        WHERE expires_at < now() - interval '1 hour'
          AND EXISTS (
              SELECT FROM service_instances AS later
              JOIN services ON services.name = later.name
              WHERE later.name = one.name AND (prefix IS NOT NULL OR (later.registered_at, later.address) > (one.registered_at, one.address)))
        """,
        [], cancellation);

    private static async Task<bool> Overlaps(NpgsqlTransaction transaction, string name, string? prefix, CancellationToken cancellation) =>
        prefix is not null && (await transaction.Query(
            "SELECT 1 FROM services WHERE name <> $1 AND (starts_with(prefix || '/', $2 || '/') OR starts_with($2 || '/', prefix || '/'))",
            row => row.GetInt32(0), [name, prefix], cancellation)).Count > 0;

    private static (string Json, byte[] Digest) Said(ServiceInstance instance)
    {
        var json = JsonSerializer.Serialize(instance, JsonRules.Options);
        return (json, SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(json)));
    }
}
