using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Platform.Http;

/// <summary>
/// Refuses query parameters that an endpoint does not declare, repeats of one, and values that are not of its kind, all with their
/// names. The framework would drop the first, join the second, and answer the third in its own words.
/// </summary>
internal sealed class QueryCheck(RequestDelegate next)
{
    private readonly ConcurrentDictionary<Endpoint, FrozenDictionary<string, Parameter>> _declared = new();

    public Task InvokeAsync(HttpContext context)
    {
        // An endpoint without a handler method (the UI of the docs, a proxied route) reads its query itself.
        if (context.GetEndpoint() is RouteEndpoint endpoint
            && endpoint.Metadata.GetMetadata<MethodInfo>() is { } handler
            && Check(_declared.GetOrAdd(endpoint, _ => Declared(endpoint, handler)), context.Request.Query) is { Count: > 0 } errors)
            return new Problem(Errors.BadQuery) { Fields = errors }.ExecuteAsync(context);

        return next(context);
    }

    private static List<FieldError> Check(FrozenDictionary<string, Parameter> declared, IQueryCollection query)
    {
        var errors = new List<FieldError>();
        foreach (var (name, values) in query)
        {
            if (!declared.TryGetValue(name, out var parameter))
                errors.Add(new FieldError(name, "unknown_parameter", "There is no such parameter here."));
            else if (values.Count != 1)
                errors.Add(new FieldError(name, "repeated_parameter", "This parameter may stand here once."));
            else if (Fault(parameter, values[0] ?? "") is { } message)
                errors.Add(new FieldError(name, "bad_value", message));
        }

        foreach (var parameter in declared.Values)
        {
            if (parameter.IsRequired && !query.ContainsKey(parameter.Name))
                errors.Add(new FieldError(parameter.Name, "missing_parameter", "This parameter is required."));
        }

        return errors;
    }

    private static string? Fault(Parameter parameter, string value)
    {
        if (value.Contains('\0') || value.EnumerateRunes().Contains(System.Text.Rune.ReplacementChar))
            return "This text cannot be stored.";

        var type = parameter.Type;
        if (type == typeof(string))
            return value.Length <= 1024 ? null : "This is too long.";
        if (type == typeof(bool))
            return value is "true" or "false" ? null : "Expected true or false.";
        if (type == typeof(int))
            return OutOfRange(parameter, value);
        if (WireNames.EnumOf(type) is { } choices)
            return WireNames.All(choices).Contains(value) ? null : $"Expected one of: {string.Join(", ", WireNames.All(choices))}.";
        if (type == typeof(Guid))
            return Guid.TryParseExact(value, "D", out _) ? null : "Expected a UUID.";
        if (type == typeof(DateTimeOffset))
            return Time.TryParse(value, out _) ? null : "Expected a time with offset (RFC 3339).";
        throw new InvalidOperationException($"A query parameter of type {type} needs a check here.");
    }

    private static string? OutOfRange(Parameter parameter, string value)
    {
        if (!int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return "Expected a whole number.";
        return parameter.Range is { } range && !range.IsValid(number)
            ? $"Expected {range.Minimum} to {range.Maximum}."
            : null;
    }

    private static FrozenDictionary<string, Parameter> Declared(RouteEndpoint endpoint, MethodInfo handler)
    {
        var inPath = endpoint.RoutePattern.Parameters.Select(parameter => parameter.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return handler.GetParameters()
            .SelectMany(parameter => parameter.IsDefined(typeof(AsParametersAttribute), inherit: false)
                ? parameter.ParameterType.GetProperties().Where(property => property.CanWrite)
                    .Select(property => Parameter.Of(property, property.Name, property.PropertyType, isRequired: false))
                : [Parameter.Of(parameter, parameter.Name!, parameter.ParameterType, IsRequired(parameter))])
            .Where(parameter => IsValue(parameter.Type) && !inPath.Contains(parameter.Name))
            .ToFrozenDictionary(parameter => parameter.Name, StringComparer.Ordinal);
    }

    private static bool IsValue(Type type) =>
        (WireNames.EnumOf(type) is not null && !type.IsEnum) || type == typeof(string) || type == typeof(bool) || type == typeof(int) || type == typeof(Guid) || type == typeof(DateTimeOffset);

    private static bool IsRequired(ParameterInfo parameter) =>
        !parameter.HasDefaultValue && new NullabilityInfoContext().Create(parameter).WriteState != NullabilityState.Nullable;

    private sealed record Parameter(string Name, Type Type, bool IsRequired, RangeAttribute? Range)
    {
        public static Parameter Of(ICustomAttributeProvider source, string name, Type type, bool isRequired) => new(
            source.GetCustomAttributes(typeof(FromQueryAttribute), inherit: false).OfType<FromQueryAttribute>().FirstOrDefault()?.Name ?? name,
            Nullable.GetUnderlyingType(type) ?? type,
            isRequired,
            source.GetCustomAttributes(typeof(RangeAttribute), inherit: false).OfType<RangeAttribute>().FirstOrDefault());
    }
}
