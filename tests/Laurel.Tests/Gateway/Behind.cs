using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Laurel.Tests.Gateway;

/// <summary>A service of somebody else's, on a real port, that keeps what it was asked.</summary>
public sealed class Behind : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Behind(WebApplication app) => _app = app;

    /// <summary>How it answers; by "hello" unless told.</summary>
    public Func<HttpContext, Task> Answers { get; set; } = context => context.Response.WriteAsync("hello");

    public ConcurrentQueue<IReadOnlyDictionary<string, string>> Asked { get; } = [];

    public string Address => _app.Urls.Single();

    public static async Task<Behind> Start(int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel().UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        var behind = new Behind(app);
        app.Run(context =>
        {
            if (context.Request.Path == "/health/ready")
                return Task.CompletedTask;
            behind.Asked.Enqueue(context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
            return behind.Answers(context);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return behind;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
