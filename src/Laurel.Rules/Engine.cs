namespace Laurel.Rules;

/// <summary>The two functions that carry the product, and two that follow from them. Pure: no clock, no database, no state.</summary>
public static class Engine
{
    /// <summary>
    /// What an activity changes; the same progress when it changes nothing. Whether the activity lies in the progress' window is the
    /// caller's business. Tallies that the definition does not measure are left behind at the next change.
    /// </summary>
    public static Progress Fold(EventDefinition definition, Progress progress, Activity activity)
    {
        var entries = progress.Entries;
        foreach (var measure in definition.SortedMeasures)
        {
            if (!measure.Matches(activity))
                continue;

            var place = Progress.Find(entries, measure.Key);
            var before = place >= 0 ? entries[place].Tally : default;
            if (measure.Add(before, activity, definition.Calendar, out var after) == Outcome.Counted)
                entries = With(entries, place, new Progress.Entry(measure.Key, after), isOwn: entries != progress.Entries);
        }

        return entries == progress.Entries ? progress : new Progress(Measured(definition, entries));
    }

    /// <summary>Which leaves and offers are met, and how far each leaf is.</summary>
    public static Verdict Judge(EventDefinition definition, Progress progress)
    {
        var met = definition.Condition.IsMet(progress);
        return new Verdict(
            met,
            Leaves(definition.Condition, progress),
            Array.ConvertAll(definition.Offers, offer => offer.Own is { } own
                ? new OfferVerdict(offer.Ordinal, own.IsMet(progress), Leaves(own, progress))
                : new OfferVerdict(offer.Ordinal, met, null)));
    }

    /// <summary>What is met, a bit each: bit 0 is the event's condition, bit n the offer with ordinal n.</summary>
    public static long MetBits(EventDefinition definition, Progress progress)
    {
        var bits = definition.Condition.IsMet(progress) ? 1L : 0;
        foreach (var offer in definition.Offers)
        {
            if (offer.Own is { } own ? own.IsMet(progress) : (bits & 1) != 0)
                bits |= 1L << offer.Ordinal;
        }

        return bits;
    }

    /// <summary>Why a fold of this activity into this progress changes what it changes, leaf by leaf.</summary>
    public static Explanation Explain(EventDefinition definition, Progress before, Activity activity)
    {
        var leaves = definition.Condition.Leaves.Select(leaf => Explain(definition, 0, leaf, before, activity))
            .Concat(definition.Offers.SelectMany(offer => (offer.Own?.Leaves ?? []).Select(leaf => Explain(definition, offer.Ordinal, leaf, before, activity))))
            .ToList();
        return new Explanation(leaves.Any(leaf => leaf.Outcome == Outcome.Counted), leaves);
    }

    private static LeafExplanation Explain(EventDefinition definition, int ordinal, LeafPlan leaf, Progress before, Activity activity)
    {
        var measure = leaf.Measure;
        var unmet = measure.Where?.Unmet(activity.Attributes);
        var outcome = activity.Type != measure.Activity ? Outcome.TypeNotMeasured
            : unmet is not null ? Outcome.WhereNotMet
            : measure.Add(before.TallyOf(measure.Key), activity, definition.Calendar, out _);
        var attribute = outcome switch
        {
            Outcome.WhereNotMet => unmet,
            Outcome.FieldMissing => measure.Field,
            _ => null,
        };
        return new LeafExplanation(ordinal, leaf.Path, leaf.Type, outcome, attribute);
    }

    private static LeafVerdict[] Leaves(ConditionPlan plan, Progress progress) => Array.ConvertAll(plan.Leaves, leaf => leaf.Judge(progress));

    /// <summary>The entries with one more or another one. Those that are this fold's own are changed in place.</summary>
    private static Progress.Entry[] With(Progress.Entry[] entries, int place, Progress.Entry entry, bool isOwn)
    {
        if (place >= 0)
        {
            var same = isOwn ? entries : entries.AsSpan().ToArray();
            same[place] = entry;
            return same;
        }

        place = ~place;
        var more = new Progress.Entry[entries.Length + 1];
        entries.AsSpan(0, place).CopyTo(more);
        more[place] = entry;
        entries.AsSpan(place).CopyTo(more.AsSpan(place + 1));
        return more;
    }

    private static Progress.Entry[] Measured(EventDefinition definition, Progress.Entry[] entries)
    {
        var known = 0;
        foreach (var measure in definition.SortedMeasures)
        {
            if (known < entries.Length && entries[known].Key == measure.Key)
                known++;
        }

        return known == entries.Length
            ? entries
            : Array.FindAll(entries, entry => Array.Exists(definition.SortedMeasures, measure => measure.Key == entry.Key));
    }
}
