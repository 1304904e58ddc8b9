using FsCheck;
using FsCheck.Fluent;
using Laurel.Bench;

namespace Laurel.Tests.Bench;

public sealed class Histograms
{
    [Fact]
    public void Percentiles_are_those_of_the_sorted_values_within_one_percent()
    {
        var microseconds = Gen.OneOf(Gen.Choose(0, 300), Gen.Choose(0, 100_000), Gen.Choose(0, int.MaxValue)).NonEmptyListOf();

        Prop.ForAll(microseconds.ToArbitrary(), values =>
        {
            var histogram = new Histogram();
            foreach (var value in values)
                histogram.Record(TimeSpan.FromMicroseconds(value));
            var sorted = values.Order().ToArray();

            return new[] { 0.1, 50, 95, 99, 100 }.All(percent =>
            {
                var exact = sorted[Math.Max(0, (int)Math.Ceiling(values.Count * percent / 100) - 1)];
                return histogram.Percentile(percent).TotalMicroseconds is var measured && measured >= exact && measured <= exact * 1.01;
            });
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Nothing_recorded_is_zero_and_what_is_beyond_the_last_bucket_is_not_lost()
    {
        var histogram = new Histogram();
        Assert.Equal(TimeSpan.Zero, histogram.Percentile(99));

        histogram.Record(TimeSpan.FromDays(400));
        histogram.Record(TimeSpan.FromTicks(-1));
        Assert.Equal(2, histogram.Count);
        Assert.Equal(TimeSpan.Zero, histogram.Percentile(50));
        Assert.InRange(histogram.Percentile(99), TimeSpan.FromHours(1), TimeSpan.FromHours(1.01));
    }
}
