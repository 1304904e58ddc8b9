using FsCheck;
using FsCheck.Fluent;
using Laurel.Platform.Limits;
using Laurel.Tests.Rules;

namespace Laurel.Tests.Limits;

public sealed class Buckets
{
    private static readonly UInt128 Known = 7;

    /// <summary>Steps of a clock that mostly goes on, sometimes not at all, and sometimes goes back.</summary>
    private static readonly Gen<(int Burst, int PerToken, List<int> Steps)> Some =
        from burst in Gen.Choose(1, 20)
        from perToken in Gen.Elements(1, 2, 50, 1_000, 20_000)
        from steps in Gen.OneOf(Gen.Choose(0, 100), Gen.Constant(0), Gen.Choose(0, 50_000), Gen.Choose(-30_000, 0)).ListOf()
        select (burst, perToken, steps.ToList());

    [Fact]
    public void A_bucket_comes_to_what_the_naive_way_comes_to()
    {
        Prop.ForAll(Some.ToArbitrary(), it =>
        {
            var (burst, perToken, steps) = it;
            var rate = new BucketRate(burst, 1_000.0 / perToken, 1_000);
            var (now, fullAt, level) = (5_000L, 5_000L, (long)burst * perToken);
            foreach (var step in steps)
            {
                now += step;
                level = Math.Clamp(level + step, 0, (long)burst * perToken);
                var expected = level >= perToken;
                if (expected)
                    level -= perToken;

                Assert.Equal(new BucketLevel(expected, (int)(level / perToken), perToken - level % perToken), rate.Take(ref fullAt, now));
            }
        }).Check(Laws.Config);
    }

    [Fact]
    public void Whoever_waits_as_long_as_told_is_let_through_and_no_tick_sooner()
    {
        Prop.ForAll(Some.ToArbitrary(), it =>
        {
            var rate = new BucketRate(it.Burst, 1_000.0 / it.PerToken, 1_000);
            var (now, fullAt) = (5_000L, long.MinValue);
            BucketLevel level;
            do
            {
                level = rate.Take(ref fullAt, now);
                now += Math.Abs(it.Steps.FirstOrDefault()) % it.PerToken;
            }
            while (level.Taken);

            now -= Math.Abs(it.Steps.FirstOrDefault()) % it.PerToken;
            var (early, late) = (fullAt, fullAt);
            Assert.False(rate.Take(ref early, now + level.NextIn - 1).Taken);
            Assert.True(rate.Take(ref late, now + level.NextIn).Taken);
        }).Check(Laws.Config);
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again()
    {
        var table = Table(burst: 2);
        Assert.True(table.Take(Known, 0).Taken);
        table.GiveBack(Known);
        Assert.True(table.Take(Known, 0).Taken);
        Assert.True(table.Take(Known, 0).Taken);
        Assert.False(table.Take(Known, 0).Taken);
    }

    [Fact]
    public void A_clock_that_goes_back_an_hour_locks_nobody_out()
    {
        var table = Table(burst: 2, perSecond: 1);
        const long hour = 3_600_000;
        Assert.True(table.Take(Known, hour).Taken);

        Assert.False(table.Take(Known, 0).Taken);
        Assert.True(table.Take(Known, 1_000).Taken);

        Flood(table, 1_000_000, hour);
        Flood(table, 1_000_000, now: 2_000);
        Assert.Equal(1_000, Newcomers(table, 1_000, now: 4_000));
    }

    [Fact]
    public void A_flood_of_a_million_addresses_takes_no_memory_and_refills_nobodys_bucket()
    {
        var table = Table(burst: 2);
        var buckets = table.Count;
        for (var at = 0; at < 2; at++)
            Assert.True(table.Take(Known, 0).Taken);

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var taken = Flood(table, 1_000_000, now: 0);
        Assert.Equal(allocated, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(buckets, table.Count);
        // Each stranger with a place of their own asked once; the shared buckets gave their burst and no more.
        Assert.Equal(BucketTable.DefaultPlaces - 1 + 2 * (buckets - BucketTable.DefaultPlaces), taken);

        for (var at = 0; at < 100; at++)
            Assert.False(table.Take(Known, 0).Taken);
    }

    [Fact]
    public void Whoever_is_known_keeps_a_bucket_of_their_own_when_strangers_have_to_share()
    {
        var table = Table(burst: 50);
        Assert.True(table.Take(Known, 0).Taken);
        Flood(table, 1_000_000, now: 0);

        for (var left = 48; left >= 0; left--)
            Assert.Equal(left, table.Take(Known, 0).Left);
    }

    [Fact]
    public void Full_buckets_make_room()
    {
        var table = Table(burst: 1, perSecond: 1);
        Flood(table, 1_000_000, now: 0);
        Assert.Equal(1_000, Newcomers(table, 1_000, now: 1_000));
    }

    [Fact]
    public async Task Of_many_at_once_as_many_get_through_as_there_are_tokens()
    {
        var table = Table(burst: 1_000);
        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Enumerable.Range(0, 1_000).Count(_ => table.Take(Known, 0).Taken))));
        Assert.Equal(1_000, taken.Sum());
    }

    private static BucketTable Table(int burst, double perSecond = 0.001) => new(new BucketRate(burst, perSecond, 1_000));

    private static int Newcomers(BucketTable table, int count, long now) =>
        Enumerable.Range(1, count).Count(at => table.Take((UInt128)at << 64, now).Taken);

    private static int Flood(BucketTable table, int strangers, long now)
    {
        var taken = 0;
        for (var at = 1; at <= strangers; at++)
        {
            if (table.Take(new UInt128(0x2001_0db8_0000_0000 + (ulong)at, 1), now).Taken)
                taken++;
        }

        return taken;
    }
}
