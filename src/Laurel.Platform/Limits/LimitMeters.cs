using System.Diagnostics.Metrics;

namespace Laurel.Platform.Limits;

/// <summary>What limits tell at <c>/metrics</c>.</summary>
internal sealed class LimitMeters
{
    private readonly Meter _meter;
    private readonly Counter<long> _refused;

    public LimitMeters(IMeterFactory factory)
    {
        _meter = factory.Create("Laurel.Limits");
        _refused = _meter.CreateCounter<long>("laurel.requests.refused", "{request}",
            "Requests that were refused unread, by the limit that refused them.");
    }

    public void Refused(string limit) => _refused.Add(1, new KeyValuePair<string, object?>("limit", limit));

    public void Watch(string service, AdmissionLine line)
    {
        KeyValuePair<string, object?> tag = new("service", service);
        _meter.CreateObservableUpDownCounter("laurel.requests.inside", () => new Measurement<int>(line.Inside, tag), "{request}",
            "Requests that a service works on.");
        _meter.CreateObservableUpDownCounter("laurel.requests.waiting", () => new Measurement<int>(line.Waiting, tag), "{request}",
            "Requests that wait for a place.");
    }
}
