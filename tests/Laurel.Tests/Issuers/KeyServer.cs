using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Laurel.Tests.Issuers;

/// <summary>Where the provider publishes its keys: a real server on loopback that answers as it is told.</summary>
internal sealed class KeyServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _asked;

    private KeyServer(WebApplication app) => _app = app;

    public Func<HttpContext, Task> Answers { get; set; } = context => context.Response.WriteAsync(Provider.Jwks(Provider.Rsa, Provider.Ec));

    public string Url => $"{_app.Urls.Single()}/keys";

    /// <summary>How often it was.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public static async Task<KeyServer> Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new KeyServer(app);
        app.Run(context =>
        {
            Interlocked.Increment(ref server._asked);
            return server.Answers(context);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public void Publish(params ProviderKey[] keys) => Answers = context => context.Response.WriteAsync(Provider.Jwks(keys));

    public void Breaks() => Answers = context =>
    {
        context.Abort();
        return Task.CompletedTask;
    };

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
