using System.Text.Json;
using System.Text.Json.Serialization;
using Laurel.Bench.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Bench.Engine;

internal sealed record NaiveActivity(string Id, string UserId, string Type, DateTimeOffset OccurredAt, long Value, JsonElement Attributes);

internal sealed record NaiveAnswer(string Outcome);

/// <summary>The naive service: this very program, run once more as a server.</summary>
internal static class NaiveServer
{
    public const string Verb = "naive-server";
    public const string Path = "/activities";
    public const string ClaimsPath = "/claims";
    public const string DatabaseKey = "LAUREL_BENCH_NAIVE_DATABASE";

    // More make the backends wait for each other's turn on the processors, fewer leave COMMIT's wait unused.
    private const int PoolSize = 32;

    private static readonly NaiveAnswer Accepted = new("accepted");
    private static readonly NaiveAnswer Duplicate = new("duplicate");
    private static readonly NaiveAnswer Granted = new("granted");
    private static readonly NaiveAnswer NotMet = new("not met");

    public static Task<ServerProcess> Start(string database, TimeProvider time, CancellationToken cancel) =>
        ServerProcess.Start(Environment.ProcessPath!, [Verb], [new(DatabaseKey, database)], "/ready", time, cancel);

    public static async Task Run(string url, CancellationToken cancel)
    {
        var settings = new NpgsqlConnectionStringBuilder(Environment.GetEnvironmentVariable(DatabaseKey))
        {
            MaxPoolSize = PoolSize,
            MinPoolSize = PoolSize,
            MaxAutoPrepare = 20,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
        };
        await using var database = NpgsqlDataSource.Create(settings);
        await using var app = Build(database);
        // The signal to end goes to the command line, whose handler keeps it from the host.
        await using var stop = cancel.Register(app.Lifetime.StopApplication);
        await app.RunAsync(url);
    }

    internal static WebApplication Build(NpgsqlDataSource database)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, NaiveJson.Default));
        var app = builder.Build();
        var store = new NaiveStore(database);
        app.MapGet("/ready", () => TypedResults.Ok(Accepted));
        app.MapPost(Path, async (NaiveActivity activity, CancellationToken cancel) => TypedResults.Ok(await store.Add(activity, cancel) switch
        {
            NaiveOutcome.Accepted => Accepted,
            NaiveOutcome.Duplicate => Duplicate,
        }));
        var claims = new NaiveClaims(database, TimeProvider.System);
        app.MapPost(ClaimsPath, async (NaiveClaim claim, CancellationToken cancel) => TypedResults.Ok(await claims.Claim(claim, cancel) switch
        {
            NaiveClaimOutcome.Granted => Granted,
            NaiveClaimOutcome.AlreadyClaimed => Duplicate,
            NaiveClaimOutcome.NotMet => NotMet,
        }));
        return app;
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(NaiveActivity))]
[JsonSerializable(typeof(NaiveClaim))]
[JsonSerializable(typeof(NaiveAnswer))]
internal sealed partial class NaiveJson : JsonSerializerContext;
