using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laurel.Rules;

/// <summary>What an activity says beside its value: names with texts, numbers and flags, sorted by name.</summary>
[JsonConverter(typeof(AttributesConverter))]
[SuppressMessage("Naming", "CA1710", Justification = "The word of the domain.")]
public sealed class Attributes : IEquatable<Attributes>, IReadOnlyCollection<KeyValuePair<string, Scalar>>
{
    public static readonly Attributes None = new([]);

    private readonly KeyValuePair<string, Scalar>[] _sorted;

    internal Attributes(KeyValuePair<string, Scalar>[] sorted) => _sorted = sorted;

    public int Count => _sorted.Length;

    /// <exception cref="ArgumentException">A name stands there twice.</exception>
    public static Attributes Of(params IEnumerable<KeyValuePair<string, Scalar>> attributes)
    {
        var sorted = attributes.ToArray();
        return Sort(sorted) is { } twice ? throw new ArgumentException($"'{twice}' stands there twice.", nameof(attributes)) : From(sorted);
    }

    /// <exception cref="JsonException">The text is no JSON object of scalars.</exception>
    public static Attributes Parse(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        var attributes = Read(ref reader);
        while (reader.Read())
        {
            // Only the end of the text may follow; anything else throws.
        }

        return attributes;
    }

    public bool TryGet(string name, out Scalar value)
    {
        foreach (ref readonly var attribute in _sorted.AsSpan())
        {
            if (attribute.Key == name)
            {
                value = attribute.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Canonical: attributes are equal exactly when their texts are.</summary>
    public string ToJson() => Count == 0 ? "{}" : Json.Write(WriteTo);

    public IEnumerator<KeyValuePair<string, Scalar>> GetEnumerator() => _sorted.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(Attributes? other)
    {
        if (other is null || other.Count != Count)
            return false;

        for (var index = 0; index < _sorted.Length; index++)
        {
            if (_sorted[index].Key != other._sorted[index].Key || _sorted[index].Value != other._sorted[index].Value)
                return false;
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as Attributes);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var (name, value) in _sorted)
        {
            hash.Add(string.GetHashCode(name, StringComparison.Ordinal));
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => ToJson();

    internal static Attributes Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Json.Fault("", "Expected an object.");

        var attributes = new List<KeyValuePair<string, Scalar>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Json.Text(ref reader, "");
            reader.Read();
            attributes.Add(new(name, Scalar.Read(ref reader, name)));
        }

        var sorted = attributes.ToArray();
        return Sort(sorted) is { } twice ? throw Json.Fault(twice, "This attribute stands here twice.") : From(sorted);
    }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in _sorted)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static Attributes From(KeyValuePair<string, Scalar>[] sorted) => sorted.Length == 0 ? None : new Attributes(sorted);

    /// <summary>Sorts in place; a name that stands there twice is returned.</summary>
    private static string? Sort(KeyValuePair<string, Scalar>[] attributes)
    {
        if (attributes.Length > 1)
            Array.Sort(attributes, static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        for (var index = 1; index < attributes.Length; index++)
        {
            if (attributes[index].Key == attributes[index - 1].Key)
                return attributes[index].Key;
        }

        return null;
    }
}

internal sealed class AttributesConverter : JsonConverter<Attributes>
{
    public override Attributes Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Attributes.Read(ref reader);

    public override void Write(Utf8JsonWriter writer, Attributes value, JsonSerializerOptions options) => value.WriteTo(writer);
}
