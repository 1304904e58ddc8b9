using System.Net;
using Laurel.Tests.Support;

namespace Laurel.Chaos.World;

/// <summary>
/// A server process, as a company would run it: under one address, started again when it has died; with a network before it, to its
/// clients, and one behind it, to PostgreSQL.
/// </summary>
internal sealed class Server(string name, TemporaryFolder folder, Postgres postgres, Func<PostgresProxy, (string, string)[]> settings) : IAsyncDisposable
{
    private const int SigStop = 19;
    private const int SigContinue = 18;
    private const int MaxStarts = 5;
    private const string Commit = "\0COMMIT\0";

    private readonly PostgresProxy _behind = new(() => postgres.Direct("postgres"));
    private TcpProxy? _before;
    private LaurelProcess? _process;
    private int _commitsToCut;
    private int _answersToCut;

    public string Name => name;

    public Uri Address => new($"http://127.0.0.1:{Before.Port}");

    public bool IsStopped { get; private set; }

    /// <summary>What its processes have complained about, each with its last words.</summary>
    public List<string> Complaints { get; } = [];

    private TcpProxy Before => _before ??= new TcpProxy(() => new IPEndPoint(IPAddress.Loopback, _process?.Api.Http.BaseAddress?.Port ?? 1));

    public async Task Start()
    {
        _behind.Rule = sent => sent.Contains(Commit, StringComparison.Ordinal) && Interlocked.Decrement(ref _commitsToCut) >= 0 ? Passage.CutTheAnswer : Passage.Pass;
        Before.Rule = sent => sent.StartsWith("POST ", StringComparison.Ordinal) && Interlocked.Decrement(ref _answersToCut) >= 0 ? Passage.CutTheAnswer : Passage.Pass;
        for (var start = 1; ; start++)
        {
            var process = LaurelProcess.Serve(folder, settings(_behind));
            try
            {
                await process.Ready();
                _process = process;
                return;
            }
            catch (Exception failure) when (start < MaxStarts && failure is InvalidOperationException or HttpRequestException or Xunit.Sdk.XunitException)
            {
                Note(process, $"start {start} failed: {failure.Message}");
                await process.DisposeAsync();
            }
        }
    }

    /// <summary>As `kill -9` does.</summary>
    public async Task Kill()
    {
        if (Interlocked.Exchange(ref _process, null) is not { } process)
            return;
        await process.Kill();
        Note(process, "killed");
        await process.DisposeAsync();
        IsStopped = false;
    }

    /// <summary>It does nothing any more, and does not know: its connections stay open, and its leases run out.</summary>
    public void Stop()
    {
        _process!.Signal(SigStop);
        IsStopped = true;
    }

    public void Continue()
    {
        _process?.Signal(SigContinue);
        IsStopped = false;
    }

    /// <summary>The next transactions commit, and nobody is told.</summary>
    public void CutAfterCommit(int count) => Volatile.Write(ref _commitsToCut, count);

    /// <summary>The next requests are served, and nobody is told.</summary>
    public void CutAnswers(int count) => Volatile.Write(ref _answersToCut, count);

    /// <summary>All that is under way, to clients and to PostgreSQL, breaks.</summary>
    public void CutAll()
    {
        _behind.CutAll();
        Before.CutAll();
    }

    /// <summary>Nothing is broken any more; it runs.</summary>
    public async Task Mend()
    {
        CutAfterCommit(0);
        CutAnswers(0);
        if (IsStopped)
            Continue();
        if (_process is null)
            await Start();
    }

    public async ValueTask DisposeAsync()
    {
        if (IsStopped)
            Continue();
        await Kill();
        await Before.DisposeAsync();
        await _behind.DisposeAsync();
    }

    private void Note(LaurelProcess process, string what)
    {
        var errors = process.Error.Where(line => line.Contains("\"Error\"", StringComparison.OrdinalIgnoreCase) || line.Contains("Critical", StringComparison.Ordinal)).ToList();
        Complaints.Add($"{name} {what}; {errors.Count} errors{string.Concat(errors.Take(5).Select(line => $"\n  {line[..Math.Min(line.Length, 500)]}"))}");
    }
}
