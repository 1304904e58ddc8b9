using System.Text.Json;
using System.Text.Json.Nodes;
using Laurel.Platform.Http;

namespace Laurel.Platform.Audit;

/// <summary>What a change was, as it is kept: <c>{"before": .., "after": ..}</c>, without what is the same in both.</summary>
internal static class AuditChange
{
    private const string Hidden = "(secret)";

    public static string? Of(object? before, object? after)
    {
        var (was, @is) = (Node(before), Node(after));
        if (was is JsonObject left && @is is JsonObject right)
            RemoveSame(left, right);
        var change = new JsonObject();
        if (was is not null)
            change["before"] = was;
        if (@is is not null)
            change["after"] = @is;
        return change.Count == 0 ? null : change.ToJsonString(JsonRules.Options);
    }

    private static JsonNode? Node(object? value)
    {
        var node = value is null ? null : JsonSerializer.SerializeToNode(value, value.GetType(), JsonRules.Options);
        Hide(node);
        return node;
    }

    private static void RemoveSame(JsonObject before, JsonObject after)
    {
        foreach (var name in before.Select(property => property.Key).ToList())
        {
            if (after.TryGetPropertyValue(name, out var other) && JsonNode.DeepEquals(before[name], other))
            {
                before.Remove(name);
                after.Remove(name);
            }
        }
    }

    /// <summary>A net below the rule that nobody hands a secret to the trail: nothing could take it out again.</summary>
    private static void Hide(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list)
                Hide(item);
        }
        else if (node is JsonObject fields)
        {
            foreach (var (name, value) in fields.ToList())
            {
                if (value is JsonValue && value.GetValueKind() == JsonValueKind.String && Telemetry.Secrets.IsSecretName(name))
                    fields[name] = Hidden;
                else
                    Hide(value);
            }
        }
    }
}
