using System.Collections.Frozen;
using Laurel.Events.Catalog;
using Laurel.Rules;

namespace Laurel.Events.Activities;

/// <summary>
/// Finds the events that an activity counts in, among thousands: by its type, and by one value that a filter asks for. The rest of a
/// filter is then tried on the few that are left.
/// </summary>
internal sealed class EventIndex
{
    private readonly FrozenDictionary<string, OfType> _types;

    public EventIndex(IEnumerable<RunningEvent> events)
    {
        _types = events
            .SelectMany(one => one.Definition.Measures.Select(measure => new Candidate(one, measure)))
            .GroupBy(candidate => candidate.Measure.Activity, StringComparer.Ordinal)
            .ToFrozenDictionary(type => type.Key, type => new OfType([.. type]), StringComparer.Ordinal);
    }

    /// <summary>Adds each event that the activity counts in, once.</summary>
    public void Find(Activity activity, List<RunningEvent> found)
    {
        found.Clear();
        if (_types.TryGetValue(activity.Type, out var type))
            type.Find(activity, found);
    }

    private readonly record struct Candidate(RunningEvent Event, Measure Measure)
    {
        public void Try(Activity activity, List<RunningEvent> found)
        {
            if (!Measure.Matches(activity))
                return;
            foreach (var one in found)
            {
                if (ReferenceEquals(one, Event))
                    return;
            }

            found.Add(Event);
        }
    }

    /// <summary>What measures one type of activity: by a value that it must have, and the others.</summary>
    private sealed class OfType
    {
        private readonly (string Attribute, FrozenDictionary<Scalar, Candidate[]> ByValue)[] _byValue;
        private readonly Candidate[] _others;

        public OfType(Candidate[] candidates)
        {
            var keyed = candidates.Select(candidate => (Candidate: candidate, Value: RequiredValue(candidate.Measure.Where))).ToList();
            _others = [.. keyed.Where(one => one.Value is null).Select(one => one.Candidate)];
            _byValue =
            [
                .. keyed.Where(one => one.Value is not null)
                    .GroupBy(one => one.Value!.Value.Attribute, StringComparer.Ordinal)
                    .Select(attribute => (attribute.Key, attribute.GroupBy(one => one.Value!.Value.Value)
                        .ToFrozenDictionary(value => value.Key, value => value.Select(one => one.Candidate).ToArray()))),
            ];
        }

        public void Find(Activity activity, List<RunningEvent> found)
        {
            foreach (var candidate in _others)
                candidate.Try(activity, found);
            foreach (var (attribute, byValue) in _byValue)
            {
                if (!activity.Attributes.TryGet(attribute, out var value) || !byValue.TryGetValue(value, out var candidates))
                    continue;
                foreach (var candidate in candidates)
                    candidate.Try(activity, found);
            }
        }

        private static (string Attribute, Scalar Value)? RequiredValue(Where? where)
        {
            foreach (var (attribute, test) in where?.AsEnumerable() ?? [])
            {
                if (test.Eq is { } value)
                    return (attribute, value);
            }

            return null;
        }
    }
}
