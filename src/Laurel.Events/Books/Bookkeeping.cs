using System.Data;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Books;

/// <summary>Holds what is stored against the laws; all of it as of one moment, so also while rewards are being paid.</summary>
internal sealed class Bookkeeping(EventsDatabase database)
{
    public const int MaxShown = 20;

    private const int TimeoutSeconds = 3_600;

    public async Task<IReadOnlyList<Finding>> Run(Action<Law> told, CancellationToken cancellation)
    {
        await using var connection = await database.Any.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await transaction.Execute($"SET LOCAL statement_timeout = '{TimeoutSeconds}s'", [], cancellation);
        await transaction.Execute("SET TRANSACTION READ ONLY", [], cancellation);
        var findings = new List<Finding>();
        foreach (var law in Laws.All)
        {
            told(law);
            findings.Add(await Look(connection, law, cancellation));
        }

        return findings;
    }

    private static async Task<Finding> Look(NpgsqlConnection connection, Law law, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(law.Breaches, connection) { CommandTimeout = TimeoutSeconds };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var (count, first) = (0L, new List<string>());
        for (; await reader.ReadAsync(cancellation); count++)
        {
            if (first.Count < MaxShown)
                first.Add(reader.GetString(0));
        }

        return new Finding(law, count, first);
    }
}
