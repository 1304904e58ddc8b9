using System.Net.Http.Json;
using System.Text.Json;
using Laurel.Bench.Engine;
using Laurel.Events;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Npgsql;

namespace Laurel.Tests.Bench;

/// <summary>What the engine is compared with must itself be right, or the comparison is worth nothing.</summary>
public sealed class Yardsticks(TestPostgres postgres) : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private TestDatabase _test = null!;
    private NpgsqlDataSource _database = null!;
    private WebApplication _naive = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _test = await postgres.CreateDatabase("events", async (connection, cancel) =>
        {
            await using var template = NpgsqlDataSource.Create(connection);
            await Migrations.Apply(template, typeof(EventsSetup).Assembly, cancellation: cancel);
        }, Cancel);
        _database = NpgsqlDataSource.Create(_test.ConnectionString);
        _naive = NaiveServer.Build(_database);
        _naive.Urls.Add("http://127.0.0.1:0");
        await _naive.StartAsync(Cancel);
        _http = new HttpClient { BaseAddress = new Uri(_naive.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _naive.DisposeAsync();
        await _database.DisposeAsync();
        await _test.DisposeAsync();
    }

    [Fact]
    public async Task The_naive_service_counts_each_activity_once_in_each_event()
    {
        Assert.Equal("accepted", await Post("mina", "a"));
        Assert.Equal("accepted", await Post("mina", "b"));
        Assert.Equal("duplicate", await Post("mina", "a"));
        Assert.Equal("accepted", await Post("jun", "a"));

        Assert.Equal(3, await Stored());
        Assert.Equal([2, 2, 2], await Counts("mina"));
        Assert.Equal([1, 1, 1], await Counts("jun"));
    }

    [Fact]
    public async Task The_naive_service_loses_nothing_to_requests_at_once_the_user_s_first_ones_among_them()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Post($"user-{i % 3}", $"{i / 2}")));

        Assert.Equal(60, outcomes.Count(outcome => outcome == "accepted"));
        for (var user = 0; user < 3; user++)
            Assert.Equal([20, 20, 20], await Counts($"user-{user}"));
    }

    [Fact]
    public async Task The_naive_service_pays_a_claim_once_and_only_what_is_met()
    {
        await Post("mina", "a");
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Claims("mina")));

        Assert.Single(outcomes, "granted");
        Assert.Equal(19, outcomes.Count(outcome => outcome == "duplicate"));
        Assert.Equal("not met", await Claims("jun"));
        Assert.Equal([("mina", 100)], await _database.Query("SELECT user_id, balance FROM balances", row => (row.GetString(0), row.GetInt64(1)), [], Cancel));
        Assert.Equal(1, await _database.QueryOne("SELECT count(*) FROM transfers", row => row.GetInt64(0), [], Cancel));
    }

    [Fact]
    public async Task The_limit_stores_what_it_says_and_moves_three_rows_for_each_user()
    {
        using var limit = new Limit(_database, new Feed(users: 200, TimeProvider.System));

        Assert.Null(await limit.Exchange());
        Assert.Null(await limit.Exchange());

        Assert.Equal(2 * Limit.BatchSize, await Stored());
        var users = await _database.Query(
            "SELECT count(*), min(version), max(version) FROM progress GROUP BY user_id", row => (row.GetInt64(0), row.GetInt32(1), row.GetInt32(2)), [], Cancel);
        Assert.All(users, user => Assert.Equal(3, user.Item1));
        Assert.Equal(2, users.Max(user => user.Item3));
    }

    private async Task<string?> Post(string user, string id)
    {
        using var response = await _http.PostAsJsonAsync(
            NaiveServer.Path,
            new { id, userId = user, type = Feed.Activity, occurredAt = TimeProvider.System.GetUtcNow(), value = 7, attributes = new { mapId = "map-1", level = 3 } },
            Cancel);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancel));
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("outcome").GetString();
    }

    private async Task<string?> Claims(string user)
    {
        using var response = await _http.PostAsJsonAsync(NaiveServer.ClaimsPath, new { userId = user, eventId = HandWritten.Events[0] }, Cancel);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancel));
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("outcome").GetString();
    }

    private async Task<long> Stored() => await _database.QueryOne("SELECT count(*) FROM activities", row => row.GetInt64(0), [], Cancel);

    private async Task<List<long>> Counts(string user) => await _database.Query(
        "SELECT state FROM progress WHERE user_id = $1 ORDER BY event_id", row => HandWritten.CountOf(row.GetFieldValue<byte[]>(0)), [user], Cancel);
}
