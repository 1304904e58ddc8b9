using System.Text;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Tests.Documents;

/// <summary>docs/schema.md is made from the databases as the migrations leave them.</summary>
public sealed class SchemaPageTests(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task The_page_shows_the_tables_that_there_are()
    {
        var page = new StringBuilder(
            """
            # The tables

            Made from the databases by a test. A line is a foreign key. There are none from the tables that are written with every request
            (activities, progress, claims, transfers, deliveries) to the catalog: the fence keeps what they refer to, and a table that is
            keyed by its user can be distributed. What each column means stands in the migrations
            ([auth](../src/Laurel.Auth/Migrations), [events](../src/Laurel.Events/Migrations)).


            """);
        await Draw(page, "laurel_auth", app.Database);
        await Draw(page, "laurel_events", app.Events);
        await Golden.Check("docs/schema.md", page.ToString().ReplaceLineEndings("\n"));
    }

    private static async Task Draw(StringBuilder page, string name, NpgsqlDataSource database)
    {
        var (tables, keys) = (await Columns(database), await ForeignKeys(database));
        page.AppendLine($"## {name}").AppendLine().AppendLine("```mermaid").AppendLine("erDiagram");
        foreach (var table in tables.GroupBy(column => column.Table))
        {
            page.AppendLine($"    {table.Key} {{");
            foreach (var column in table)
                page.AppendLine($"        {column.Type} {column.Name}{Marks(column, keys)}");
            page.AppendLine("    }");
        }

        foreach (var key in keys.DistinctBy(key => (key.Constraint, key.Table)))
            page.AppendLine($"    {key.Target} ||--o{{ {key.Table} : {key.Column}");
        page.AppendLine("```").AppendLine();
    }

    private static string Marks(Column column, IReadOnlyList<ForeignKey> keys)
    {
        var isForeign = keys.Any(key => (key.Table, key.Column) == (column.Table, column.Name));
        return (column.IsKey, isForeign) switch
        {
            (true, true) => " PK, FK",
            (true, false) => " PK",
            (false, true) => " FK",
            (false, false) => "",
        };
    }

    /// <summary>Without the tables of single generations, which come and go.</summary>
    private static Task<List<Column>> Columns(NpgsqlDataSource database) => database.Query(
        """
        SELECT c.relname, a.attname, t.typname, a.attnum = ANY (k.conkey)
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND c.relname !~ '^activities_'
        ORDER BY c.relname COLLATE "C", a.attnum
        """,
        row => new Column(row.GetString(0), row.GetString(1), TypeOf(row.GetString(2)), !row.IsDBNull(3) && row.GetBoolean(3)), [], TestContext.Current.CancellationToken);

    private static Task<List<ForeignKey>> ForeignKeys(NpgsqlDataSource database) => database.Query(
        """
        SELECT k.conname, c.relname, a.attname, target.relname
        FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_class target ON target.oid = k.confrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
        WHERE k.contype = 'f' AND c.relname !~ '^activities_'
        ORDER BY c.relname COLLATE "C", k.conname, a.attnum
        """,
        row => new ForeignKey(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3)), [], TestContext.Current.CancellationToken);

    /// <summary>PostgreSQL calls an array of texts _text.</summary>
    private static string TypeOf(string name) => name.StartsWith('_') ? $"{name[1..]}[]" : name;

    private sealed record Column(string Table, string Name, string Type, bool IsKey);

    private sealed record ForeignKey(string Constraint, string Table, string Column, string Target);
}
