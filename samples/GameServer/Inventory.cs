using System.Text;
using System.Text.Json;
using Laurel.Client;

namespace GameServer;

/// <summary>
/// What players have, as a journal: one line for each delivery. The line holds the delivery's id and what it gave, so both are there or
/// neither is, whenever the process dies; and what was given once is known again.
/// </summary>
internal sealed class Inventory : IDisposable
{
    private readonly Lock _one = new();
    private readonly FileStream _journal;
    private readonly HashSet<Guid> _applied = [];
    private readonly Dictionary<string, Dictionary<string, long>> _players = [];

    public Inventory(string path)
    {
        // Nobody else may write it meanwhile.
        _journal = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var bytes = new byte[_journal.Length];
        _journal.ReadExactly(bytes);
        var end = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        foreach (var line in Encoding.UTF8.GetString(bytes, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Remember(JsonSerializer.Deserialize<Entry>(line)!);
        // What stands behind the last whole line was being written when the process died, and was never acknowledged.
        _journal.SetLength(end);
        _journal.Position = end;
    }

    /// <summary>Gives what is to be given, or takes back, unless that has been done. When this returns it is on disk.</summary>
    public void Apply(Delivery delivery)
    {
        var sign = delivery.Type == DeliveryType.Revoked ? -1 : 1;
        var items = delivery.Contents.Select(Item).Where(item => item.Count > 0).GroupBy(item => item.Name)
            .ToDictionary(same => same.Key, same => sign * same.Sum(item => item.Count));
        lock (_one)
        {
            if (_applied.Contains(delivery.Id))
                return;
            var entry = new Entry(delivery.Id, delivery.UserId, items);
            var end = _journal.Position;
            try
            {
                _journal.Write([.. JsonSerializer.SerializeToUtf8Bytes(entry), (byte)'\n']);
                _journal.Flush(flushToDisk: true);
            }
            catch
            {
                // A part of a line must not stay before the next.
                _journal.SetLength(end);
                throw;
            }

            Remember(entry);
        }
    }

    public IReadOnlyDictionary<string, long> Of(string player)
    {
        lock (_one)
            return _players.TryGetValue(player, out var items) ? new Dictionary<string, long>(items) : [];
    }

    public void Dispose() => _journal.Dispose();

    private void Remember(Entry entry)
    {
        _applied.Add(entry.Id);
        if (!_players.TryGetValue(entry.Player, out var items))
            _players[entry.Player] = items = [];
        foreach (var (name, count) in entry.Items)
            items[name] = items.GetValueOrDefault(name) + count;
    }

    private static (string Name, long Count) Item(Content content) => content switch
    {
        // They are in the player's wallet already.
        PointsContent => ("points", 0),
        ItemContent item => (item.ItemId, item.Quantity),
        BadgeContent badge => ($"badge {badge.BadgeId}", 1),
        CouponContent coupon => ($"coupon {coupon.Code}", 1),
        // Laurel is told, tries again later, and shows operators why.
        _ => throw new NotSupportedException($"This game does not know what to do with {content}."),
    };

    private sealed record Entry(Guid Id, string Player, Dictionary<string, long> Items);
}
