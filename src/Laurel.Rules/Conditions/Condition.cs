using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Laurel.Rules;

/// <summary>A tree: leaves measure activities against a goal, the others combine them.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(All), "all")]
[JsonDerivedType(typeof(Any), "any")]
[JsonDerivedType(typeof(AtLeast), "atLeast")]
[JsonDerivedType(typeof(Attendance), "attendance")]
[JsonDerivedType(typeof(Streak), "streak")]
[JsonDerivedType(typeof(SessionTime), "session_time")]
[JsonDerivedType(typeof(Quest), "quest")]
[JsonDerivedType(typeof(Count), "count")]
[JsonDerivedType(typeof(Sum), "sum")]
[JsonDerivedType(typeof(Max), "max")]
[JsonDerivedType(typeof(Distinct), "distinct")]
public abstract record Condition
{
    private static readonly FrozenDictionary<Type, string> Types = typeof(Condition).GetCustomAttributes<JsonDerivedTypeAttribute>()
        .ToFrozenDictionary(known => known.DerivedType, known => (string)known.TypeDiscriminator!);

    /// <summary>The word for this kind of condition on the wire.</summary>
    internal string TypeName => Types[GetType()];
}
