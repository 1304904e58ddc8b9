namespace Laurel.Platform.Audit;

/// <summary>What looking at a trail came to.</summary>
public sealed class AuditReport(string trail)
{
    private const int Shown = 20;

    private readonly List<string> _first = [];

    public string Trail => trail;

    /// <summary>How many rows the chain holds.</summary>
    public long Chained { get; internal set; }

    /// <summary>How many rows wait to be chained.</summary>
    public long Waiting { get; internal set; }

    /// <summary>How many rows have lost a part because somebody was erased.</summary>
    public long Erased { get; internal set; }

    public long Checkpoints { get; internal set; }

    public long Faults { get; private set; }

    public IReadOnlyList<string> First => _first;

    /// <summary>Whether the service's own role could change rows, but for the triggers that refuse it.</summary>
    public bool IsOwner { get; internal set; }

    internal void Fault(string what)
    {
        Faults++;
        if (_first.Count < Shown)
            _first.Add($"{trail} audit: {what}");
    }
}
