using System.Collections.Concurrent;

namespace Laurel.Platform.Limits;

/// <summary>
/// A line for each service, so that one whose database does not answer, and whose requests therefore stay, takes no place from another.
/// </summary>
internal sealed class AdmissionLines(int places, TimeProvider time, LimitMeters meters) : IDisposable
{
    private readonly ConcurrentDictionary<string, AdmissionLine> _lines = new(StringComparer.Ordinal);

    /// <summary>Null where any number may be worked on at once.</summary>
    public AdmissionLine? Of(string service)
    {
        if (places == 0)
            return null;
        return _lines.TryGetValue(service, out var line) ? line : Add(service);
    }

    public void Refused() => meters.Refused("overload");

    public void Dispose()
    {
        foreach (var line in _lines.Values)
            line.Dispose();
    }

    private AdmissionLine Add(string service)
    {
        var made = new AdmissionLine(places, time);
        var line = _lines.GetOrAdd(service, made);
        if (line == made)
            meters.Watch(service, line);
        else
            made.Dispose();
        return line;
    }
}
