using System.Text.Json;

namespace Laurel.Rules;

/// <summary>
/// What <c>where</c> asks of one attribute. Several spellings of one test are one test: `in` is sorted and without repeats, and an
/// `in` of one value is `eq`.
/// </summary>
public sealed class Test
{
    public Test(Scalar? eq = null, IEnumerable<Scalar>? @in = null, decimal? gte = null, decimal? lte = null)
    {
        var values = @in?.Distinct().ToArray();
        if (values is [var only] && eq is null)
            (eq, values) = (only, null);
        if (values is not null)
            Array.Sort(values, Scalar.Compare);
        (Eq, In, Gte, Lte) = (eq, values, gte, lte);
    }

    public Scalar? Eq { get; }

    public IReadOnlyList<Scalar>? In { get; }

    public decimal? Gte { get; }

    public decimal? Lte { get; }

    public static Test Equal(Scalar value) => new(eq: value);

    public bool Accepts(Scalar value)
    {
        if (Eq is { } wanted && wanted != value)
            return false;
        if (In is { } values && Array.BinarySearch((Scalar[])values, value, Order) < 0)
            return false;
        return (Gte is null || (value.Number is { } high && high >= Gte)) && (Lte is null || (value.Number is { } low && low <= Lte));
    }

    private static readonly Comparer<Scalar> Order = Comparer<Scalar>.Create(Scalar.Compare);

    internal static Test Read(ref Utf8JsonReader reader, string path)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return Equal(Scalar.Read(ref reader, path));

        Scalar? eq = null;
        List<Scalar>? values = null;
        decimal? gte = null, lte = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Json.Text(ref reader, path);
            var at = Json.Join(path, name);
            if (!seen.Add(name))
                throw Json.Fault(at, "This field stands here twice.");

            reader.Read();
            switch (name)
            {
                case "eq":
                    eq = Scalar.Read(ref reader, at);
                    break;
                case "in":
                    values = Values(ref reader, at);
                    break;
                case "gte":
                    gte = Number(ref reader, at);
                    break;
                case "lte":
                    lte = Number(ref reader, at);
                    break;
                default:
                    throw Json.Fault(at, "There is no such test; expected one of: eq, in, gte, lte.");
            }
        }

        return new Test(eq, values, gte, lte);
    }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        if (Eq is { } only && In is null && Gte is null && Lte is null)
        {
            only.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        if (Eq is { } eq)
        {
            writer.WritePropertyName("eq");
            eq.WriteTo(writer);
        }

        if (In is { } values)
        {
            writer.WriteStartArray("in");
            foreach (var value in values)
                value.WriteTo(writer);
            writer.WriteEndArray();
        }

        if (Gte is { } gte)
        {
            writer.WritePropertyName("gte");
            Scalar.Of(gte).WriteTo(writer);
        }

        if (Lte is { } lte)
        {
            writer.WritePropertyName("lte");
            Scalar.Of(lte).WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static List<Scalar> Values(ref Utf8JsonReader reader, string path)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Json.Fault(path, "Expected a list.");

        var values = new List<Scalar>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            values.Add(Scalar.Read(ref reader, $"{path}[{values.Count}]"));
        return values;
    }

    private static decimal Number(ref Utf8JsonReader reader, string path) =>
        Scalar.Read(ref reader, path).Number ?? throw Json.Fault(path, "Expected a number.");
}
