using System.Text.Json;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Laurel.Platform.Registry;
using Npgsql;

namespace Laurel.Auth.Registry;

/// <summary>
/// How much of the registry an account may take, so that there is room for others, and that gateways can read the whole: they take 16 MB
/// of it. What Laurel's own processes say is little and not counted.
/// </summary>
internal static class RegistryRoom
{
    /// <summary>Of one account.</summary>
    public const int MaxServices = 20;

    /// <summary>Of one service.</summary>
    public const int MaxProcesses = 50;

    /// <summary>Of one account.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    public const int MaxBytesOfAll = 12 * 1024 * 1024;

    private const string IsThere = "(expires_at IS NULL OR expires_at > now())";

    /// <summary>Whether there is room for a process; asked while nobody else registers.</summary>
    public static async Task<Registering> For(
        NpgsqlTransaction transaction, string name, bool isNew, string owner, ServiceInstance instance, int bytes, CancellationToken cancellation)
    {
        var taken = await transaction.Query(
            $"""
            SELECT
                (SELECT count(*) FROM services WHERE owner = $2 AND removed_at IS NULL),
                count(*) FILTER (WHERE name = $1),
                COALESCE(sum(bytes), 0)
            FROM services
            JOIN service_instances USING (name)
            WHERE owner = $2 AND {IsThere} AND NOT (name = $1 AND address = $3)
            """,
            row => (Services: row.GetInt64(0), Processes: row.GetInt64(1), Bytes: row.GetInt64(2)), [name, owner, instance.Address], cancellation);
        if ((isNew && taken[0].Services >= MaxServices) || taken[0].Processes >= MaxProcesses || taken[0].Bytes + bytes > MaxBytes
            || !await IsFor(transaction, name, [instance.Address], bytes, cancellation))
        {
            return Registering.Full;
        }

        // What a version before serves is passed on beside what this one does.
        var routes = await transaction.Query(
            $"""
            SELECT DISTINCT name, (said -> 'routes')::text
            FROM services
            JOIN service_instances USING (name)
            WHERE owner = $1 AND {IsThere} AND said ? 'routes' AND NOT (name = $2 AND address = $3)
            """,
            row => (Name: row.GetString(0), Routes: JsonSerializer.Deserialize<List<ServiceRoute>>(row.GetString(1), JsonRules.AmongOurselves)!), [owner, name, instance.Address], cancellation);
        return Size([.. routes, (name, [.. instance.Routes ?? []])]) > RouteTree.MaxSize ? Registering.Tangled : Registering.Done;
    }

    /// <summary>Whether there is room for that many bytes.</summary>
    public static async Task<bool> IsFor(NpgsqlTransaction transaction, string name, string[] addresses, long bytes, CancellationToken cancellation)
    {
        var taken = await transaction.Query(
            $"""
            SELECT COALESCE(sum(bytes), 0)
            FROM services
            JOIN service_instances USING (name)
            WHERE prefix IS NOT NULL AND {IsThere} AND NOT (name = $1 AND address = ANY ($2))
            """,
            row => row.GetInt64(0), [name, addresses], cancellation);
        return taken[0] + bytes <= MaxBytesOfAll;
    }

    private static int Size(IReadOnlyList<(string Name, List<ServiceRoute> Routes)> tables) => tables
        .GroupBy(table => table.Name, table => table.Routes)
        .Sum(service => RouteTree.Size(service.SelectMany(routes => routes).DistinctBy(route => (route.Method, RouteTable.Shape(route.Path)))));
}
