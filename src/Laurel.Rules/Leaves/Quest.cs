namespace Laurel.Rules;

/// <summary>A certain quest was cleared.</summary>
public sealed record Quest(string QuestId) : Leaf
{
    internal override long Goal => 1;

    internal override Measure ToMeasure() => new CountMeasure("quest_clear", Where.Equal("questId", QuestId));

    internal override long Read(Tally tally) => tally.Total;

    internal override void Check(LeafCheck check) => check.Text("questId", QuestId, 128);
}
