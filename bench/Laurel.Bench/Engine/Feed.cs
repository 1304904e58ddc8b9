using System.Text.Json;

namespace Laurel.Bench.Engine;

/// <summary>One thing that a user of the bench did.</summary>
internal readonly record struct Happening(string Id, string UserId, DateTimeOffset OccurredAt, long Value, int Map, int Level)
{
    public string Attributes => $$"""{"mapId": "map-{{Map}}", "level": {{Level}}}""";
}

/// <summary>
/// What users do, without end: no id comes twice in a run, and the users come without a pattern. Of several feeds side by side each
/// can have users of its own.
/// </summary>
internal sealed class Feed(int users, TimeProvider time, int shard = 0, int shards = 1)
{
    public const string Activity = "monster_kill";
    public const int Maps = 32;

    private static int _feeds;

    private readonly int _number = Interlocked.Increment(ref _feeds);
    private uint _count;

    public static string UserId(int user) => $"user-{user:0000000}";

    public Happening Next()
    {
        var random = Scramble(((ulong)_number << 32) | _count);
        // The upper half chooses the user, the lower half all else.
        var user = ((int)(((random >> 32) * (ulong)(users / shards)) >> 32) * shards) + shard;
        return new Happening(
            $"{_number}-{_count++}",
            UserId(user),
            time.GetUtcNow(),
            Value: 1 + ((long)random & 1023),
            Map: (int)(random >> 10) & (Maps - 1),
            Level: 1 + ((int)(random >> 16) & 63));
    }

    /// <summary>The next ones as a request's body: one by itself, several as an array.</summary>
    public void Write(Utf8JsonWriter json, int count)
    {
        if (count > 1)
            json.WriteStartArray();
        for (var i = 0; i < count; i++)
            Write(json, Next());
        if (count > 1)
            json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Happening happening)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, happening.Id);
        json.WriteString("userId"u8, happening.UserId);
        json.WriteString("type"u8, Activity);
        json.WriteString("occurredAt"u8, happening.OccurredAt);
        json.WriteNumber("value"u8, happening.Value);
        json.WriteStartObject("attributes"u8);
        json.WriteString("mapId"u8, $"map-{happening.Map}");
        json.WriteNumber("level"u8, happening.Level);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>SplitMix64: each input has its own output, and neighbours have nothing in common.</summary>
    private static ulong Scramble(ulong n)
    {
        n *= 0x9E3779B97F4A7C15;
        n = (n ^ (n >> 30)) * 0xBF58476D1CE4E5B9;
        n = (n ^ (n >> 27)) * 0x94D049BB133111EB;
        return n ^ (n >> 31);
    }
}
