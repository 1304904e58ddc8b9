using System.Text;
using System.Text.Json.Nodes;

namespace Laurel.Tests.Support;

/// <summary>A good body of which a test makes a bad one, by changing one place in it.</summary>
internal static class GoodBody
{
    /// <param name="good">The body to begin with.</param>
    /// <param name="path">The place, such as `offers[0].stock`; `$` is all of it.</param>
    /// <param name="json">What stands there instead, as text since some of it is no JSON that could be built; null takes the place away.</param>
    public static StringContent With(JsonNode good, string path, string? json)
    {
        const string Mark = "\"the changed place\"";
        if (path == "$")
            return Content(json!);

        var parent = good.DeepClone();
        var root = parent;
        var steps = path.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        foreach (var step in steps[..^1])
            parent = Child(parent, step);
        var last = steps[^1];
        if (last[0] == '[')
            parent.AsArray()[Index(last)] = JsonNode.Parse(Mark);
        else if (json is null)
            parent.AsObject().Remove(last);
        else
            parent.AsObject()[last] = JsonNode.Parse(Mark);
        return Content(root.ToJsonString().Replace(Mark, json, StringComparison.Ordinal));
    }

    private static StringContent Content(string json) => new(json, Encoding.UTF8, "application/json");

    private static JsonNode Child(JsonNode node, string step) => (step[0] == '[' ? node[Index(step)] : node[step])!;

    private static int Index(string step) => int.Parse(step.Trim('[', ']'));
}
