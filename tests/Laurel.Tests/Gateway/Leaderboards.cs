using System.Diagnostics;
using Laurel.Client;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Gateway;

/// <summary>The sample of a service of a company's own, run as its README says; it never outlives its test.</summary>
internal sealed class Leaderboards : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Lock _writing = new();
    private readonly List<string> _said = [];

    private Leaderboards(Process process, Uri address)
    {
        (_process, Address) = (process, address);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Its own, past the gateway.</summary>
    public Uri Address { get; }

    public string Said
    {
        get
        {
            lock (_writing)
                return string.Join('\n', _said);
        }
    }

    public static Leaderboards Start(LaurelClientOptions account)
    {
        var address = new Uri($"http://127.0.0.1:{Ports.Free()}");
        // Built along with the tests: .../bin/Debug/net10.0 of either.
        var kind = Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "Laurel.Tests"), AppContext.BaseDirectory);
        var info = new ProcessStartInfo(
            Path.Combine(Repository.Root, "samples", "Leaderboards", kind, "Leaderboards"), ["--laurel", account.Address.ToString(), "--urls", address.ToString().TrimEnd('/')])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["CLIENT_ID"] = account.ClientId;
        info.Environment["CLIENT_SECRET"] = account.ClientSecret;
        return new Leaderboards(Process.Start(info)!, address);
    }

    public async Task Says(string text)
    {
        await Eventually.True(() => Task.FromResult(_process.HasExited || Said.Contains(text, StringComparison.Ordinal)));
        Assert.True(Said.Contains(text, StringComparison.Ordinal), Said);
    }

    /// <summary>As an orchestrator does that wants it to go.</summary>
    public async Task Terminate()
    {
        Libc.Signal(_process.Id, LaurelProcess.SigTerm);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(_process.ExitCode == 0, Said);
    }

    /// <summary>As `kill -9` does.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_writing)
            _said.Add(line);
    }
}
