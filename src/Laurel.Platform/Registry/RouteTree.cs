using System.Globalization;

namespace Laurel.Platform.Registry;

/// <summary>
/// What routes cost a gateway. Its routing makes a tree of them in which a parameter goes along with each literal beside it, so that a
/// few short routes in which the two alternate come to more nodes than there is memory for. This walks the same tree, no further than
/// asked. Pure.
/// </summary>
public static class RouteTree
{
    /// <summary>Of all that one account registers.</summary>
    public const int MaxSize = 50_000;

    /// <summary>How often a route stands in a node, over all nodes; whatever is more than `most` is not counted.</summary>
    public static int Size(IEnumerable<ServiceRoute> routes, int most = MaxSize)
    {
        var left = most;
        Walk([.. routes.Select(route => route.Path.Split('/', StringSplitOptions.RemoveEmptyEntries))], depth: 0, ref left);
        return left < 0 ? most + 1 : most - left;
    }

    private static void Walk(List<string[]> routes, int depth, ref int left)
    {
        left -= routes.Count;
        if (left < 0)
            return;
        var literals = new Dictionary<string, List<string[]>>(StringComparer.OrdinalIgnoreCase);
        // Parted here, and not asked of each beside each literal: what goes along is then all that costs anything, and that is counted.
        var (parameters, any, guids, ints) = (new List<string[]>(), new List<string[]>(), new List<string[]>(), new List<string[]>());
        foreach (var route in routes)
        {
            if (At(route, depth) is not { } segment)
                continue;
            if (segment[0] == '{')
            {
                parameters.Add(route);
                (IsA(segment, "guid") ? guids : IsA(segment, "int") ? ints : any).Add(route);
            }
            else if (literals.TryGetValue(segment, out var same))
                same.Add(route);
            else
                literals.Add(segment, [route]);
        }

        foreach (var (literal, below) in literals)
        {
            below.AddRange(any);
            if (Guid.TryParse(literal, out _))
                below.AddRange(guids);
            if (int.TryParse(literal, NumberStyles.Integer, CultureInfo.InvariantCulture, out _))
                below.AddRange(ints);
            Walk(below, depth + 1, ref left);
            if (left < 0)
                return;
        }

        if (parameters.Exists(route => !IsRest(At(route, depth)!)))
            Walk(parameters, depth + 1, ref left);
    }

    /// <summary>The rest of a path goes along to wherever the others lead.</summary>
    private static string? At(string[] route, int depth) => depth < route.Length ? route[depth] : route is [.., var last] && IsRest(last) ? last : null;

    private static bool IsRest(string segment) => segment.StartsWith("{**", StringComparison.Ordinal);

    private static bool IsA(string parameter, string type) => parameter.Split(':') is [_, var named] && named == type + "}";
}
