namespace Laurel.Rules;

/// <summary>What may be wrong with one condition: its shape here, its leaves by each leaf itself.</summary>
internal sealed class ConditionCheck
{
    public const int MaxDepth = 5;
    public const int MaxLeaves = 20;

    private readonly WindowSizes? _sizes;
    private readonly List<Flaw> _flaws;
    private readonly HashSet<Leaf> _seen = [];
    private int _leaves;

    private ConditionCheck(WindowSizes? sizes, List<Flaw> flaws) => (_sizes, _flaws) = (sizes, flaws);

    public static void Run(Condition condition, string path, WindowSizes? sizes, List<Flaw> flaws)
    {
        var check = new ConditionCheck(sizes, flaws);
        check.Walk(condition, path, depth: 1);
        if (check._leaves > MaxLeaves)
            check.Report(path, "too_many_leaves", $"A condition has {MaxLeaves} leaves at most.");
    }

    private void Walk(Condition condition, string path, int depth)
    {
        if (condition is Combinator group)
        {
            Walk(group, path, depth);
            return;
        }

        // What is beyond the limit is not looked at, so that a request cannot make this long.
        if (++_leaves > MaxLeaves)
            return;

        var leaf = (Leaf)condition;
        leaf.Check(new LeafCheck(path, _sizes, _flaws));
        if (!_seen.Add(leaf))
            Report(path, "same_leaf_twice", "The same leaf stands in this condition already.");
    }

    private void Walk(Combinator group, string path, int depth)
    {
        if (depth > MaxDepth)
        {
            Report(path, "too_deep", $"Conditions stand in each other to a depth of {MaxDepth} at most.");
            return;
        }

        if (group.Of.Count == 0)
            Report($"{path}.of", "no_children", "There is nothing here that could be met.");
        else if (group is AtLeast { N: var n } && (n < 1 || n > group.Of.Count))
            Report($"{path}.n", "out_of_range", $"Expected 1 to {group.Of.Count}, as many as there are conditions in `of`.");
        for (var index = 0; index < group.Of.Count; index++)
            Walk(group.Of[index], $"{path}.of[{index}]", depth + 1);
    }

    private void Report(string path, string code, string message) => _flaws.Add(new Flaw(path, code, message));
}
