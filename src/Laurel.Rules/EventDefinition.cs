using System.Text;

namespace Laurel.Rules;

/// <summary>A draft made ready for folding and judging. Never changes.</summary>
public sealed class EventDefinition
{
    private EventDefinition(EventDraft draft, TimeZoneInfo zone)
    {
        Draft = draft;
        Calendar = new Calendar(draft.StartsAt, draft.EndsAt, zone, draft.DayStartsAt, draft.Repeats);
        Condition = ConditionPlan.Of(draft.Condition);
        Offers = [.. draft.Offers.Select(offer => new OfferPlan(offer.Ordinal, offer.Condition is { } own ? ConditionPlan.Of(own) : null))];
        SortedMeasures =
        [
            .. Offers.Select(offer => offer.Own).Prepend(Condition).OfType<ConditionPlan>()
                .SelectMany(plan => plan.Leaves)
                .Select(leaf => leaf.Measure)
                .Distinct()
                .OrderBy(measure => measure.Key),
        ];
        Measured = Describe(draft, SortedMeasures);
    }

    public EventDraft Draft { get; }

    public Calendar Calendar { get; }

    /// <summary>What is measured, each once, sorted by key.</summary>
    public IReadOnlyList<Measure> Measures => SortedMeasures;

    /// <summary>The canonical text of all that progress depends on: progress stays valid exactly as long as this text stays the same.</summary>
    public string Measured { get; }

    internal Measure[] SortedMeasures { get; }

    internal ConditionPlan Condition { get; }

    internal OfferPlan[] Offers { get; }

    /// <summary>All that is wrong with a draft; empty when it can be run.</summary>
    public static IReadOnlyList<Flaw> Check(EventDraft draft) => DraftCheck.All(draft);

    /// <exception cref="ArgumentException">The draft is flawed. Only a goal out of reach is borne: it was refused when the event was made.</exception>
    public static EventDefinition Create(EventDraft draft)
    {
        if (DraftCheck.Structure(draft) is [var flaw, ..])
            throw new ArgumentException($"{flaw.Path}: {flaw.Message}", nameof(draft));
        return new EventDefinition(draft, TimeZoneInfo.FindSystemTimeZoneById(draft.TimeZone));
    }

    private static string Describe(EventDraft draft, Measure[] measures)
    {
        var text = new StringBuilder()
            .Append(draft.StartsAt.UtcDateTime.ToString("O")).Append(' ').Append(draft.EndsAt.UtcDateTime.ToString("O")).Append(' ')
            .Append(draft.TimeZone).Append(' ').Append(draft.DayStartsAt.ToString("O")).Append(' ').Append(draft.Repeats);
        foreach (var canonical in measures.Select(measure => measure.Canonical).Order(StringComparer.Ordinal))
            text.Append('\n').Append(canonical);
        return text.ToString();
    }
}

internal sealed record OfferPlan(int Ordinal, ConditionPlan? Own);
