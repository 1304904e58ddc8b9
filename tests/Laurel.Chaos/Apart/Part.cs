using System.Net;
using Laurel.Tests.Support;

namespace Laurel.Chaos.Apart;

/// <summary>A process with one of the roles. It keeps its address over its lives; others reach it by a network that can be slow.</summary>
internal sealed class Part : IAsyncDisposable
{
    private const int SigStop = 19;
    private const int SigContinue = 18;

    private readonly string _roles;
    private readonly TemporaryFolder _folder;
    private readonly (string, string)[] _settings;
    private readonly int _port = Ports.Free();
    private readonly TcpProxy _before;
    private LaurelProcess? _process;
    private bool _isStopped;

    public Part(string roles, TemporaryFolder folder, params IEnumerable<(string, string)> settings)
    {
        (_roles, _folder) = (roles, folder);
        _before = new TcpProxy(() => new IPEndPoint(IPAddress.Loopback, _port));
        _settings = [.. settings, ("Laurel__AdvertiseUrl", Address.GetLeftPart(UriPartial.Authority))];
    }

    /// <summary>Where others reach it.</summary>
    public Uri Address => new($"http://127.0.0.1:{_before.Port}");

    /// <summary>How long each of its answers takes on its way.</summary>
    public TimeSpan Slowness
    {
        set => _before.Slowness = value;
    }

    public async Task Start()
    {
        if (_process is not null)
            return;
        _process = LaurelProcess.Start(_folder, _settings, "serve", "--roles", _roles, "--urls", $"http://127.0.0.1:{_port}");
        await _process.Serves();
    }

    /// <summary>As `kill -9` does.</summary>
    public async Task Kill()
    {
        if (Interlocked.Exchange(ref _process, null) is not { } process)
            return;
        await process.Kill();
        await process.DisposeAsync();
        _isStopped = false;
    }

    /// <summary>As whoever brings out a new version does: it is asked to stop, and another takes its place when it has.</summary>
    public async Task Restart()
    {
        var process = _process!;
        process.Signal(LaurelProcess.SigTerm);
        var ended = await process.End();
        Assert.True(ended.Status == 0, string.Join('\n', [.. ended.Out, .. ended.Error]));
        _process = null;
        await process.DisposeAsync();
        await Start();
        await IsReady();
    }

    /// <summary>It does nothing any more, and its connections stay open.</summary>
    public void Stop()
    {
        _process!.Signal(SigStop);
        _isStopped = true;
    }

    public async Task Mend()
    {
        Slowness = TimeSpan.Zero;
        if (_isStopped)
            _process?.Signal(SigContinue);
        _isStopped = false;
        await Start();
    }

    public Task IsReady() => Eventually.True(async () =>
    {
        using var http = new HttpClient();
        try
        {
            using var response = await http.GetAsync(new Uri(Address, "/health/ready"), TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    });

    public async ValueTask DisposeAsync()
    {
        if (_isStopped)
            _process?.Signal(SigContinue);
        if (_process is not null)
            await _process.DisposeAsync();
        await _before.DisposeAsync();
    }
}
