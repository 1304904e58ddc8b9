using System.Diagnostics.Metrics;
using Laurel.Platform.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laurel.Tests.Platform.Telemetry;

public sealed class PrometheusMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly PrometheusMetrics _metrics;
    private readonly Meter _meter;

    public PrometheusMetricsTests()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _metrics = new PrometheusMetrics(factory, NullLogger<PrometheusMetrics>.Instance);
        _meter = factory.Create("Laurel.Test");
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void Each_kind_of_instrument_is_written_in_the_text_format()
    {
        var advice = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1, 2.5] };
        var requests = _meter.CreateCounter<long>("test.requests", "{request}", "Requests that came \\ in,\nall of them.");
        var waiting = _meter.CreateUpDownCounter<int>("test.waiting");
        var temperature = _meter.CreateGauge<double>("test.temperature", "Cel");
        var duration = _meter.CreateHistogram("test.duration", "s", "How long it took.", null, advice);

        requests.Add(2, Tag("who", "a\"b\\c\nd"), Tag("code", 200));
        requests.Add(1);
        waiting.Add(5);
        waiting.Add(-2);
        temperature.Record(3.5);
        temperature.Record(double.NegativeInfinity);
        foreach (var seconds in new[] { 0.1, 0.2, 2.5, 100 })
            duration.Record(seconds, Tag("step", "run"));

        Assert.Equal(
            """
            # HELP test_duration_seconds How long it took.
            # TYPE test_duration_seconds histogram
            test_duration_seconds_bucket{step="run",le="0.1"} 1
            test_duration_seconds_bucket{step="run",le="1"} 2
            test_duration_seconds_bucket{step="run",le="2.5"} 3
            test_duration_seconds_bucket{step="run",le="+Inf"} 4
            test_duration_seconds_sum{step="run"} 102.8
            test_duration_seconds_count{step="run"} 4
            # HELP test_requests_total Requests that came \\ in,\nall of them.
            # TYPE test_requests_total counter
            test_requests_total 1
            test_requests_total{code="200",who="a\"b\\c\nd"} 2
            # TYPE test_temperature_Cel gauge
            test_temperature_Cel -Inf
            # TYPE test_waiting gauge
            test_waiting 3

            """, Shown("test_"));
    }

    [Theory]
    [InlineData("http.server.request.duration", "s", MetricKind.Histogram, "http_server_request_duration_seconds")]
    [InlineData("http.server.active_requests", "{request}", MetricKind.UpDownCounter, "http_server_active_requests")]
    [InlineData("dotnet.gc.heap.total_allocated", "By", MetricKind.Counter, "dotnet_gc_heap_total_allocated_bytes_total")]
    [InlineData("already.seconds.total", "s", MetricKind.Counter, "already_seconds_total")]
    [InlineData("share", "1", MetricKind.Gauge, "share_ratio")]
    [InlineData("many", "1", MetricKind.Counter, "many_total")]
    [InlineData("speed", "By/s", MetricKind.Gauge, "speed_bytes_per_second")]
    [InlineData("rate", "{request}/s", MetricKind.Gauge, "rate_per_second")]
    [InlineData("9.lives--and \u00e9 more", null, MetricKind.Gauge, "_9_lives_and_more")]
    [InlineData("ns:name", "", MetricKind.Gauge, "ns:name")]
    public void Names_follow_the_mapping_of_OpenTelemetry(string name, string? unit, object kind, string expected) =>
        Assert.Equal(expected, PrometheusText.MetricName(name, unit, (MetricKind)kind));

    [Fact]
    public void The_order_of_tags_does_not_make_another_series()
    {
        var counter = _meter.CreateCounter<int>("test.order");

        counter.Add(1, Tag("a", 1), Tag("b", 2));
        counter.Add(1, Tag("b", 2), Tag("a", 1));
        counter.Add(1, Tag("b", "2"), Tag("a", "1"));
        counter.Add(1, Tag("b", "2"), Tag("a", "1"), Tag("none", null), Tag("empty", ""));

        Assert.Equal("# TYPE test_order_total counter\ntest_order_total{a=\"1\",b=\"2\"} 4\n", Shown("test_order"));
    }

    [Fact]
    public void Tags_that_become_one_label_are_joined_and_lone_surrogates_make_one_series()
    {
        var counter = _meter.CreateCounter<int>("test.merge");

        counter.Add(1, Tag("a.b", "x"), Tag("a_b", "y"));
        counter.Add(1, Tag("k", "\ud800"));
        counter.Add(1, Tag("k", "\ud801"));

        Assert.Equal("# TYPE test_merge_total counter\ntest_merge_total{a_b=\"x;y\"} 1\ntest_merge_total{k=\"\ufffd\"} 2\n", Shown("test_merge"));
    }

    [Fact]
    public void Series_beyond_the_bound_are_counted_together()
    {
        var counter = _meter.CreateCounter<int>("test.flood");

        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 10 * MetricFamily.MaxSeries; i++)
                counter.Add(1, Tag("user", $"user {i}"));
        }

        var lines = Shown("test_flood").Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        Assert.Equal(MetricFamily.MaxSeries + 1, lines.Length);
        Assert.Contains($"test_flood_total{{otel_metric_overflow=\"true\"}} {2 * 9 * MetricFamily.MaxSeries}", lines);
        Assert.Contains("test_flood_total{user=\"user 7\"} 2", lines);
    }

    [Fact]
    public void Recording_in_a_known_series_allocates_nothing()
    {
        var histogram = _meter.CreateHistogram<double>("test.hot", "s");
        var counter = _meter.CreateCounter<long>("test.hot.count");
        object status = 200;
        void Record()
        {
            histogram.Record(0.003, Tag("http.request.method", "GET"), Tag("http.response.status_code", status), Tag("http.route", "/v1/me"));
            counter.Add(1, Tag("pipeline", "activities"));
        }
        Record();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            Record();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Contains("test_hot_count_total{pipeline=\"activities\"} 10001\n", Shown("test_hot"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_lost_when_many_record_and_others_read()
    {
        var counter = _meter.CreateCounter<double>("test.busy");
        var histogram = _meter.CreateHistogram<int>("test.busy.size");
        using var done = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                var shown = Shown("test_busy_size");
                Assert.Equal(CountIn(shown, "_count"), CountIn(shown, "_bucket{le=\"+Inf\"}"));
            }
        }, TestContext.Current.CancellationToken);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 200_000; i++)
            {
                counter.Add(0.5, Tag("key", i % 2));
                histogram.Record(i % 10);
            }
        }, TestContext.Current.CancellationToken)));
        await done.CancelAsync();
        await reader;

        Assert.Equal("# TYPE test_busy_total counter\ntest_busy_total{key=\"0\"} 200000\ntest_busy_total{key=\"1\"} 200000\n", Shown("test_busy_total"));
        Assert.Equal(800_000, CountIn(Shown("test_busy_size"), "_count"));
        Assert.Equal(800_000 * 4.5, CountIn(Shown("test_busy_size"), "_sum"));
    }

    [Fact]
    public void Numbers_that_would_spoil_a_sum_are_left_out()
    {
        var counter = _meter.CreateCounter<double>("test.odd");
        var histogram = _meter.CreateHistogram<double>("test.odd.size");

        foreach (var odd in new[] { double.NaN, double.PositiveInfinity, -1, 2 })
        {
            counter.Add(odd);
            histogram.Record(odd);
        }

        Assert.Equal(2, CountIn(Shown("test_odd_total"), "_total"));
        Assert.Equal(2, CountIn(Shown("test_odd_size"), "_count"));
    }

    [Fact]
    public void What_an_observable_instrument_no_longer_tells_is_gone_and_a_broken_one_hides_no_other()
    {
        var pools = new List<string> { "a", "b" };
        _meter.CreateObservableGauge<int>("test.broken", int () => throw new InvalidOperationException("broken"));
        _meter.CreateObservableUpDownCounter("test.pool", () => pools.Select(pool => new Measurement<int>(7, Tag("pool", pool))));
        _meter.CreateObservableCounter("test.time", () => 1.25, "s");

        Assert.Equal(
            "# TYPE test_pool gauge\ntest_pool{pool=\"a\"} 7\ntest_pool{pool=\"b\"} 7\n# TYPE test_time_seconds_total counter\ntest_time_seconds_total 1.25\n",
            Shown("test_"));
        pools.Remove("a");
        Assert.Equal("# TYPE test_pool gauge\ntest_pool{pool=\"b\"} 7\n", Shown("test_pool"));
    }

    [Fact]
    public void Instruments_of_one_name_share_it_and_one_of_another_kind_stays_silent()
    {
        using var second = new Meter(new MeterOptions("Laurel.Test") { Scope = _services.GetRequiredService<IMeterFactory>() });
        _meter.CreateCounter<int>("test.twice").Add(1);
        second.CreateCounter<int>("test.twice").Add(2);
        _meter.CreateHistogram<int>("test.twice.total").Record(3);

        Assert.Equal("# TYPE test_twice_total counter\ntest_twice_total 3\n", Shown("test_twice"));
    }

    [Fact]
    public void Another_hosts_meters_and_unknown_meters_are_not_shown()
    {
        using var others = new ServiceCollection().AddMetrics().BuildServiceProvider();
        others.GetRequiredService<IMeterFactory>().Create("Laurel.Test").CreateCounter<int>("test.foreign").Add(1);
        _services.GetRequiredService<IMeterFactory>().Create("Somebody.Else").CreateCounter<int>("test.unknown").Add(1);
        using var ofTheProcess = new Meter("Laurel.Process");
        ofTheProcess.CreateCounter<int>("test.shared").Add(1);

        Assert.Equal("# TYPE test_shared_total counter\ntest_shared_total 1\n", Shown("test_"));
    }

    private static KeyValuePair<string, object?> Tag(string name, object? value) => new(name, value);

    private static double CountIn(string text, string suffix) =>
        double.Parse(text.Split('\n').LastOrDefault(line => line.Contains(suffix + " ", StringComparison.Ordinal))?.Split(' ')[1] ?? "0");

    private string Shown(string prefix) => string.Concat(_metrics.ToString().Split('\n')
        .Where(line => line.StartsWith(prefix, StringComparison.Ordinal) || line.StartsWith("# HELP " + prefix, StringComparison.Ordinal)
            || line.StartsWith("# TYPE " + prefix, StringComparison.Ordinal))
        .Select(line => line + "\n"));
}
