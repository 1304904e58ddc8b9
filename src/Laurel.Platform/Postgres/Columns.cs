using Npgsql;
using NpgsqlTypes;

namespace Laurel.Platform.Postgres;

/// <summary>Parameters of statements that write or read many rows at once: one array a column, for <c>unnest</c>.</summary>
public static class Columns
{
    public static NpgsqlParameter Texts<T>(IReadOnlyList<T> rows, Func<T, string?> text) => Of(rows, NpgsqlDbType.Text, text);

    public static NpgsqlParameter Of<T, TValue>(IReadOnlyList<T> rows, NpgsqlDbType type, Func<T, TValue> value)
    {
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = value(rows[i]);
        return new NpgsqlParameter<TValue[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }
}
