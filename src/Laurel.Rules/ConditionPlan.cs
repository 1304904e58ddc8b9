namespace Laurel.Rules;

/// <summary>A leaf with what judging it needs at hand.</summary>
internal sealed record LeafPlan(string Path, string Type, Leaf Leaf, Measure Measure, long Target)
{
    public bool IsMet(Progress progress) => Leaf.Read(progress.TallyOf(Measure.Key)) >= Target;

    public LeafVerdict Judge(Progress progress)
    {
        var current = Leaf.Read(progress.TallyOf(Measure.Key));
        return new LeafVerdict(Path, Type, current, Target, current >= Target, Math.Max(0, Target - current));
    }
}

/// <summary>A condition made ready: its leaves in the order of the text, and the tree over them.</summary>
internal sealed class ConditionPlan
{
    private readonly Node _root;

    private ConditionPlan(Node root, LeafPlan[] leaves) => (_root, Leaves) = (root, leaves);

    public LeafPlan[] Leaves { get; }

    public static ConditionPlan Of(Condition condition)
    {
        var leaves = new List<LeafPlan>();
        var root = Plan(condition, "condition", leaves);
        return new ConditionPlan(root, [.. leaves]);
    }

    public bool IsMet(Progress progress) => IsMet(_root, progress);

    private static Node Plan(Condition condition, string path, List<LeafPlan> leaves)
    {
        if (condition is Combinator group)
            return new Node(null, group.Needed, [.. group.Of.Select((child, index) => Plan(child, $"{path}.of[{index}]", leaves))]);

        var leaf = (Leaf)condition;
        var plan = new LeafPlan(path, leaf.TypeName, leaf, leaf.ToMeasure(), leaf.Goal);
        leaves.Add(plan);
        return new Node(plan, 0, []);
    }

    private static bool IsMet(Node node, Progress progress)
    {
        if (node.Leaf is { } leaf)
            return leaf.IsMet(progress);

        var needed = node.Needed;
        var left = node.Children.Length;
        foreach (var child in node.Children)
        {
            if (needed <= 0 || needed > left)
                break;
            if (IsMet(child, progress))
                needed--;
            left--;
        }

        return needed <= 0;
    }

    private sealed record Node(LeafPlan? Leaf, int Needed, Node[] Children);
}
