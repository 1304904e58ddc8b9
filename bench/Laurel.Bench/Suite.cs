namespace Laurel.Bench;

/// <summary>Scenarios that are measured together, in interleaved rounds, and what they must reach.</summary>
internal sealed record Suite(string Name, Func<Stage, StageOptions, CancellationToken, Task> SetUp, IReadOnlyList<Goal> Goals)
{
    public async Task<Stage> Open(StageOptions options, CancellationToken cancel)
    {
        var stage = new Stage();
        try
        {
            await SetUp(stage, options, cancel);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }
}

/// <param name="Url">A server that runs already; null: start what is needed.</param>
/// <param name="ProgressRows">How large a large table of progress is.</param>
/// <param name="Log">Told what keeps someone waiting.</param>
/// <param name="Time">The clock.</param>
internal sealed record StageOptions(string? Url, int ProgressRows, TextWriter Log, TimeProvider Time);

/// <summary>What a suite is played on: set up once, and taken down in the end, the last thing first.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _owned = new();

    public List<Scenario> Scenarios { get; } = [];

    /// <summary>The one whose memory is told.</summary>
    public Server? Server { get; set; }

    public string? PostgreSql { get; set; }

    /// <summary>What else one must know to read the figures.</summary>
    public string? Note { get; set; }

    public T Own<T>(T owned) where T : IAsyncDisposable
    {
        _owned.Push(owned);
        return owned;
    }

    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var owned))
            await owned.DisposeAsync();
    }
}
