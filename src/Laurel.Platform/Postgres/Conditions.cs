using System.Globalization;

namespace Laurel.Platform.Postgres;

/// <summary>The conditions of a query: only what is asked for stands in the statement, so that each filter finds its index.</summary>
public sealed class Conditions
{
    private readonly List<string> _conditions = [];
    private readonly List<object?> _values = [];

    /// <summary>The clause, with its keyword; nothing where there are no conditions.</summary>
    public string Where => _conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", _conditions)}";

    /// <summary>Of all parameters so far, in their order.</summary>
    public object?[] Values => [.. _values];

    /// <param name="condition">In it <c>{0}</c> stands for the value.</param>
    /// <param name="value">Null: it is not asked for.</param>
    public void Add(string condition, object? value)
    {
        if (value is not null)
            _conditions.Add(string.Format(CultureInfo.InvariantCulture, condition, Value(value)));
    }

    /// <summary>The parameter that a value of the rest of the statement becomes.</summary>
    public string Value(object value)
    {
        _values.Add(value);
        return $"${_values.Count}";
    }
}
