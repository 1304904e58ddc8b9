namespace Laurel.Rules;

/// <summary>A certain quest was cleared.</summary>
public sealed record Quest(string QuestId) : Leaf
{
    private protected override long Goal => 1;

    private protected override Measure ToMeasure() => new CountMeasure("quest_clear", Where.Equal("questId", QuestId));

    internal override long Read(Tally tally) => tally.Total;
}
