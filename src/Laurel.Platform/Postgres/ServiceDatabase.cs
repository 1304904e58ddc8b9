using System.Reflection;
using Npgsql;

namespace Laurel.Platform.Postgres;

/// <summary>One service's database, as its owner has it.</summary>
/// <param name="ConnectionString">As it was configured.</param>
/// <param name="Owner">Few connections, for what only an owner can do: migrations, tables that come and go.</param>
/// <param name="Role">Under which the service works; null where it has to be the owner.</param>
public sealed record ServiceDatabase(string ConnectionString, NpgsqlDataSource Owner, string? Role)
{
    /// <exception cref="StartupException">It cannot be reached.</exception>
    public static async Task<ServiceDatabase> Open(string connectionString, string service, CancellationToken cancellation)
    {
        var owner = Database.OpenForOwner(connectionString, service);
        try
        {
            await Database.MustAnswer(owner, service, cancellation);
            return new ServiceDatabase(connectionString, owner, await ServiceRole.Ensure(owner, cancellation));
        }
        catch
        {
            await owner.DisposeAsync();
            throw;
        }
    }

    /// <summary>The names of the files that were applied now.</summary>
    public async Task<IReadOnlyList<string>> Migrate(Assembly assembly, CancellationToken cancellation)
    {
        var applied = await Migrations.Apply(Owner, assembly, cancellation: cancellation);
        if (Role is not null)
            await ServiceRole.Grant(Owner, Role, cancellation);
        return applied;
    }
}
