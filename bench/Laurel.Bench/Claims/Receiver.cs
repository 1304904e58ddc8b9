using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Laurel.Bench.Claims;

/// <summary>The game's endpoint: takes each delivery at once, unless its door is shut.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SemaphoreSlim _taken = new(0);
    private readonly ConcurrentDictionary<string, bool> _known = [];
    private volatile TaskCompletionSource _door = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Receiver(WebApplication app)
    {
        _app = app;
        app.Run(async context =>
        {
            await _door.Task;
            _known.TryAdd(context.Request.Headers["webhook-id"].ToString(), true);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            _taken.Release();
        });
    }

    public string Url => $"{_app.Urls.Single()}/laurel";

    /// <summary>How many different deliveries it has seen.</summary>
    public int Known => _known.Count;

    public static async Task<Receiver> Start(CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var receiver = new Receiver(builder.Build());
        receiver._app.Urls.Add("http://127.0.0.1:0");
        await receiver._app.StartAsync(cancel);
        return receiver;
    }

    public void Open() => _door.TrySetResult();

    public void Shut() => _door = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits for the next delivery that it takes.</summary>
    public IClient Client() => new Taker(_taken);

    public async ValueTask DisposeAsync()
    {
        Open();
        await _app.DisposeAsync();
        _taken.Dispose();
    }

    private sealed class Taker(SemaphoreSlim taken) : IClient
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

        public async ValueTask<string?> Exchange() => await taken.WaitAsync(Patience) ? null : "no delivery came";

        public void Drop()
        {
        }

        public void Dispose()
        {
        }
    }
}
