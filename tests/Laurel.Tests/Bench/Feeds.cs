using System.Text;
using System.Text.Json;
using Laurel.Bench.Engine;
using Laurel.Rules;

namespace Laurel.Tests.Bench;

public sealed class Feeds
{
    [Fact]
    public void No_id_comes_twice_also_from_feeds_side_by_side()
    {
        Feed[] feeds = [Of(1_000), Of(1_000), Of(1_000)];

        var ids = feeds.SelectMany(feed => Enumerable.Range(0, 5_000).Select(_ => feed.Next().Id)).ToList();

        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public void The_users_come_evenly_and_without_a_pattern()
    {
        const int users = 100;
        var feed = Of(users);

        var seen = Enumerable.Range(0, 100_000).Select(_ => feed.Next().UserId).ToList();

        var times = seen.CountBy(user => user).ToDictionary();
        Assert.Equal(users, times.Count);
        Assert.All(times.Values, count => Assert.InRange(count, 800, 1_200));
        // As often as chance has it, the same user comes twice in a row.
        Assert.InRange(seen.Zip(seen.Skip(1)).Count(pair => pair.First == pair.Second), 800, 1_200);
    }

    [Fact]
    public void Feeds_that_share_the_users_out_have_none_in_common()
    {
        const int users = 1_000;
        var shares = Enumerable.Range(0, 2).Select(shard =>
        {
            var feed = new Feed(users, TimeProvider.System, shard, shards: 2);
            return Enumerable.Range(0, 20_000).Select(_ => feed.Next().UserId).ToHashSet();
        }).ToArray();

        Assert.All(shares, share => Assert.Equal(users / 2, share.Count));
        Assert.Empty(shares[0].Intersect(shares[1]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_body_is_one_activity_or_an_array_of_them(int count)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
            Of(10).Write(json, count);

        using var parsed = JsonDocument.Parse(Encoding.UTF8.GetString(body.ToArray()));
        var activities = count == 1 ? [parsed.RootElement] : parsed.RootElement.EnumerateArray().ToList();
        Assert.Equal(count, activities.Count);
        Assert.All(activities, activity =>
        {
            Assert.Equal(["id", "userId", "type", "occurredAt", "value", "attributes"], activity.EnumerateObject().Select(property => property.Name));
            Assert.InRange(activity.GetProperty("value").GetInt64(), 1, 1_024);
            Assert.StartsWith("map-", activity.GetProperty("attributes").GetProperty("mapId").GetString(), StringComparison.Ordinal);
            Assert.InRange(activity.GetProperty("attributes").GetProperty("level").GetInt32(), 1, 64);
        });
    }

    [Fact]
    public void What_is_stored_without_HTTP_has_the_same_attributes()
    {
        var happening = Of(10).Next();

        var attributes = Attributes.Parse(happening.Attributes);

        Assert.Equal($$"""{"level":{{happening.Level}},"mapId":"map-{{happening.Map}}"}""", attributes.ToJson());
    }

    private static Feed Of(int users) => new(users, TimeProvider.System);
}
