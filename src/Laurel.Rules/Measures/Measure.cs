using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Laurel.Rules;

/// <summary>
/// A leaf less its goal: what is counted, and so what progress is kept of. Leaves of an event and its offers that measure the same
/// share it. Equal when the canonical texts are.
/// </summary>
public abstract class Measure : IEquatable<Measure>
{
    private protected Measure(string kind, string activity, Where? where, string? field = null)
    {
        Activity = activity;
        Where = where is { Count: 0 } ? null : where;
        Field = field;
        Canonical = Json.Write(writer =>
        {
            writer.WriteStartArray();
            writer.WriteStringValue(kind);
            writer.WriteStringValue(activity);
            if (field is not null)
                writer.WriteStringValue(field);
            Where?.WriteTo(writer);
            writer.WriteEndArray();
        });
        Key = BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical)));
    }

    public string Activity { get; }

    public Where? Where { get; }

    /// <summary>The attribute whose values are told apart; null where none is looked at.</summary>
    public string? Field { get; }

    /// <summary>Names the measure in stored progress, so it must never change for the same canonical text.</summary>
    public long Key { get; }

    public string Canonical { get; }

    public bool Matches(Activity activity) => activity.Type == Activity && (Where is null || Where.Matches(activity.Attributes));

    public bool Equals(Measure? other) => other is not null && other.Canonical == Canonical;

    public override bool Equals(object? obj) => Equals(obj as Measure);

    public override int GetHashCode() => Key.GetHashCode();

    public override string ToString() => Canonical;

    /// <summary>What an activity that matches adds. Any order of the same activities has to end in the same tally.</summary>
    internal abstract Outcome Add(in Tally before, Activity activity, Calendar calendar, out Tally after);
}
