namespace Laurel.Rules;

/// <summary>What leaves ask of their fields. Each method names a field of the leaf that is checked, and reports what is wrong there.</summary>
internal sealed class LeafCheck(string path, WindowSizes? sizes, List<Flaw> flaws)
{
    /// <summary>The largest whole number that every reader of JSON understands.</summary>
    public const long MaxGoal = (1L << 53) - 1;

    private const int MaxTests = 10;
    private const int MaxValues = 100;
    private const int MaxText = 256;

    public void ActivityType(string type)
    {
        if (!Names.IsActivityType(type))
            Report($"{path}.activity", "invalid_name", $"Expected 1 to {Names.MaxLength} ASCII letters, digits or `_.:-`.");
    }

    public void AttributeName(string field, string name)
    {
        if (!Names.IsAttribute(name))
            Report($"{path}.{field}", "invalid_name", $"Expected 1 to {Names.MaxLength} characters, none of them a control character.");
    }

    public void Text(string field, string text, int max)
    {
        if (text.Length == 0 || text.Length > max)
            Report($"{path}.{field}", "length", $"Expected 1 to {max} characters.");
    }

    public void Range(string field, long value, long min, long max)
    {
        if (value < min || value > max)
            Report($"{path}.{field}", "out_of_range", $"Expected {min} to {max}.");
    }

    /// <summary>That some window has days enough; <paramref name="read"/> is how the leaf reads a window of which each day was attended.</summary>
    public void FitsDays(string field, long goal, Func<Tally, long> read)
    {
        if (goal < 1 || sizes is null)
            return;

        var most = sizes.Days.Max(read);
        if (goal > most)
            Report($"{path}.{field}", "unreachable", $"No window of this event has more than {most} such days.");
    }

    public void FitsTime(string field, long seconds)
    {
        if (seconds is >= 1 and <= MaxGoal && sizes is not null && seconds > sizes.Seconds)
            Report($"{path}.{field}", "unreachable", $"No window of this event lasts longer than {sizes.Seconds} seconds.");
    }

    public void Filter(Where? where)
    {
        if (where is null)
            return;

        if (where.Count > MaxTests)
            Report($"{path}.where", "too_many", $"A filter looks at {MaxTests} attributes at most.");
        foreach (var (name, test) in where.Take(MaxTests))
        {
            var at = $"where.{(name.Length <= Names.MaxLength ? name : name[..Names.MaxLength])}";
            AttributeName(at, name);
            Filter(at, test);
        }
    }

    private void Filter(string at, Test test)
    {
        var kinds = (test.Eq is null ? 0 : 1) + (test.In is null ? 0 : 1) + (test.Gte is null && test.Lte is null ? 0 : 1);
        if (kinds == 0)
            Report($"{path}.{at}", "empty_test", "Expected one of: eq, in, gte, lte.");
        else if (kinds > 1)
            Report($"{path}.{at}", "combined_tests", "Only gte and lte go together.");
        if (test.Gte > test.Lte)
            Report($"{path}.{at}", "empty_range", "No number is as large as gte and as small as lte.");
        if (test.Eq?.Text is { Length: > MaxText })
            Report($"{path}.{at}", "length", $"Expected {MaxText} characters at most.");
        if (test.In is { } values && values.Count is 0 or > MaxValues)
            Report($"{path}.{at}.in", "too_many", $"Expected 1 to {MaxValues} values.");
        if (test.In?.Any(value => value.Text is { Length: > MaxText }) == true)
            Report($"{path}.{at}.in", "length", $"Expected texts of {MaxText} characters at most.");
    }

    private void Report(string at, string code, string message) => flaws.Add(new Flaw(at, code, message));
}
