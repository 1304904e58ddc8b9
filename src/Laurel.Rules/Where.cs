using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laurel.Rules;

/// <summary>Which activities a leaf measures: every named attribute has to be there and pass its test.</summary>
[JsonConverter(typeof(WhereConverter))]
[SuppressMessage("Naming", "CA1710", Justification = "The word of the domain.")]
public sealed class Where : IEquatable<Where>, IReadOnlyCollection<KeyValuePair<string, Test>>
{
    private readonly KeyValuePair<string, Test>[] _tests;

    public Where(params IEnumerable<KeyValuePair<string, Test>> tests)
    {
        _tests = [.. tests.OrderBy(test => test.Key, StringComparer.Ordinal)];
        Canonical = Json.Write(WriteTo);
    }

    public int Count => _tests.Length;

    /// <summary>One text for one filter, whatever way it was spelled.</summary>
    public string Canonical { get; }

    public static Where Equal(string attribute, Scalar value) => new(KeyValuePair.Create(attribute, Test.Equal(value)));

    public bool Matches(Attributes attributes) => Unmet(attributes) is null;

    /// <summary>The first attribute that is absent or fails its test; null when all pass.</summary>
    public string? Unmet(Attributes attributes)
    {
        foreach (ref readonly var test in _tests.AsSpan())
        {
            if (!attributes.TryGet(test.Key, out var value) || !test.Value.Accepts(value))
                return test.Key;
        }

        return null;
    }

    public IEnumerator<KeyValuePair<string, Test>> GetEnumerator() => _tests.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(Where? other) => other is not null && other.Canonical == Canonical;

    public override bool Equals(object? obj) => Equals(obj as Where);

    public override int GetHashCode() => string.GetHashCode(Canonical, StringComparison.Ordinal);

    public override string ToString() => Canonical;

    internal static Where Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Json.Fault("", "Expected an object.");

        var tests = new Dictionary<string, Test>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Json.Text(ref reader, "");
            reader.Read();
            if (!tests.TryAdd(name, Test.Read(ref reader, name)))
                throw Json.Fault(name, "This attribute stands here twice.");
        }

        return new Where(tests);
    }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var (name, test) in _tests)
        {
            writer.WritePropertyName(name);
            test.WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}

internal sealed class WhereConverter : JsonConverter<Where>
{
    public override Where Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Where.Read(ref reader);

    public override void Write(Utf8JsonWriter writer, Where value, JsonSerializerOptions options) => value.WriteTo(writer);
}
