using System.Collections.Concurrent;
using System.Diagnostics;
using Laurel.Tests.Support;

namespace Laurel.Tests.Gateway;

/// <summary>Laurel with its roles apart, whatever LAUREL_SHAPE says, and one other origin whose pages may call it.</summary>
public sealed class ApartLaurel(TestPostgres postgres) : IAsyncLifetime
{
    public const string Listed = "https://console.example.com";

    public LaurelApp App { get; } = new(postgres) { IsApart = true, Settings = { ["Laurel:Cors:Origins:0"] = Listed } };

    /// <summary>Going around the gateway, with no more than a client's own means.</summary>
    public Api Directly(string service, string? token = null) => new(new HttpClient { BaseAddress = App.AddressOf(service) }, token);

    public ValueTask InitializeAsync() => App.InitializeAsync();

    public ValueTask DisposeAsync() => App.DisposeAsync();
}

/// <summary>How many servers had a part in a request: one that is refused early never came to a second.</summary>
internal sealed class Servers : IDisposable
{
    private readonly ConcurrentDictionary<ActivityTraceId, int> _seen = [];
    private readonly ActivityListener _listener;

    public Servers()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                _seen.ContainsKey(options.Parent.TraceId) ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStarted = activity =>
            {
                if (_seen.ContainsKey(activity.TraceId))
                    _seen.AddOrUpdate(activity.TraceId, 1, (_, before) => before + 1);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The header of a request that is watched.</summary>
    public (string Name, string Value) Watch(out ActivityTraceId trace)
    {
        trace = ActivityTraceId.CreateRandom();
        _seen[trace] = 0;
        return ("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
    }

    public int Of(ActivityTraceId trace) => _seen[trace];

    public void Dispose() => _listener.Dispose();
}
