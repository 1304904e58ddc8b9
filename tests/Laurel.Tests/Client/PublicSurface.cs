using System.Reflection;
using System.Text;
using Laurel.Client;
using Laurel.Tests.Support;

namespace Laurel.Tests.Client;

/// <summary>What game servers compile against: a change of it is seen in review, and one that breaks them is a new major version.</summary>
public sealed class PublicSurface
{
    [Fact]
    public async Task It_is_as_the_file_says()
    {
        var text = new StringBuilder();
        foreach (var type in typeof(LaurelClient).Assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').Append(type.FullName).Append(Parents(type)).Append('\n');
            foreach (var member in Members(type).Order(StringComparer.Ordinal))
                text.Append("    ").Append(member).Append('\n');
        }

        await Golden.Check("src/Laurel.Client/PublicApi.txt", text.ToString());
    }

    [Fact]
    public void It_depends_on_nothing_but_the_framework() =>
        Assert.All(typeof(LaurelClient).Assembly.GetReferencedAssemblies(), name => Assert.True(
            name.Name!.StartsWith("System.", StringComparison.Ordinal), $"Laurel.Client depends on {name.Name}."));

    private static string Kind(Type type) =>
        type.IsEnum ? "enum" : type.IsValueType ? "struct" : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsAbstract ? "abstract class" : type.IsSealed ? "sealed class" : "class";

    private static string Parents(Type type) =>
        string.Concat(type.GetInterfaces().Append(type.BaseType!)
            .Where(parent => parent is not null && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum) && !type.IsEnum)
            .Select(Name).Order(StringComparer.Ordinal).Select((name, at) => $"{(at == 0 ? " : " : ", ")}{name}"));

    private static IEnumerable<string> Members(Type type)
    {
        const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        if (type.IsEnum)
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt32(Enum.Parse(type, name))}");
        // Those that the compiler writes for a record follow from its properties.
        return type.GetMembers(Own).Where(member => !member.Name.Contains('<', StringComparison.Ordinal)).Select(Shown).OfType<string>();
    }

    private static string? Shown(MemberInfo member) => member switch
    {
        ConstructorInfo made => $"new({Parameters(made)})",
        PropertyInfo property =>
            $"{(IsRequired(property) ? "required " : "")}{(property.GetMethod!.IsStatic ? "static " : "")}{Name(property.PropertyType)} {property.Name} {{ get;{Setter(property)} }}",
        MethodInfo { IsSpecialName: true } method when !method.Name.StartsWith("op_", StringComparison.Ordinal) => null,
        MethodInfo method => $"{(method.IsStatic ? "static " : "")}{Name(method.ReturnType)} {method.Name}({Parameters(method)})",
        FieldInfo field => $"{(field.IsLiteral ? "const " : "")}{Name(field.FieldType)} {field.Name}",
        EventInfo happening => $"event {Name(happening.EventHandlerType!)} {happening.Name}",
        _ => null,
    };

    private static bool IsRequired(PropertyInfo property) => property.CustomAttributes.Any(attribute => attribute.AttributeType.Name == "RequiredMemberAttribute");

    private static string Setter(PropertyInfo property) => property.SetMethod is not { IsPublic: true } setter ? ""
        : setter.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit") ? " init;" : " set;";

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(parameter => $"{Name(parameter.ParameterType)} {parameter.Name}{Default(parameter)}"));

    private static string Default(ParameterInfo parameter) =>
        !parameter.HasDefaultValue ? "" : $" = {parameter.DefaultValue switch { null when parameter.ParameterType.IsValueType => "default", null => "null", var value => value }}";

    private static string Name(Type type) =>
        type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : type.IsArray ? $"{Name(type.GetElementType()!)}[]"
        : type.Name;
}
