using System.Collections.Concurrent;
using Laurel.Tests.Support;

namespace Laurel.Chaos.Load;

/// <summary>What a client knows of what it asked for.</summary>
internal enum Outcome
{
    /// <summary>It was done, now or before.</summary>
    Ok,

    /// <summary>It was refused.</summary>
    Fail,

    /// <summary>There was no answer, or one that says nothing: it may have been done or not.</summary>
    Unknown,
}

/// <summary>One request, as the client saw it.</summary>
internal readonly record struct Entry(long Invoked, long Ended, string Server, string Kind, string Of, Outcome Outcome, string Told);

/// <summary>All that clients asked for and were told, in memory; written to a file when something is wrong.</summary>
internal sealed class History
{
    private readonly ConcurrentQueue<Entry> _entries = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly int[] _counts = new int[3];

    public int Ok => Volatile.Read(ref _counts[(int)Outcome.Ok]);

    public int Fail => Volatile.Read(ref _counts[(int)Outcome.Fail]);

    public int Unknown => Volatile.Read(ref _counts[(int)Outcome.Unknown]);

    public IReadOnlyCollection<string> Violations => _violations;

    public void Note(Entry entry)
    {
        Interlocked.Increment(ref _counts[(int)entry.Outcome]);
        _entries.Enqueue(entry);
    }

    /// <summary>Something was answered that must never be.</summary>
    public void Violated(string what) => _violations.Enqueue(what);

    public IEnumerable<string> ByKind() => _entries.GroupBy(entry => entry.Kind, StringComparer.Ordinal).OrderBy(ofKind => ofKind.Key, StringComparer.Ordinal)
        .Select(ofKind => $"{ofKind.Key}: {string.Join(", ", ofKind.CountBy(entry => (entry.Outcome, entry.Told)).OrderBy(one => one.Key).Select(one => $"{one.Key.Told} {one.Value:N0}"))}");

    /// <summary>Where it was written to.</summary>
    public async Task<string> Save(int seed)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "chaos"));
        var file = Path.Combine(folder.FullName, $"{seed}.log");
        await File.WriteAllLinesAsync(
            file,
            _violations.Concat(_entries.OrderBy(entry => entry.Invoked).Select(entry =>
                $"{entry.Invoked} {entry.Ended} {entry.Server} {entry.Kind} {entry.Of} {entry.Outcome} {entry.Told}")));
        return file;
    }
}
