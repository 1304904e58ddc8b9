using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Laurel.Auth.Registry;
using Laurel.Auth.Sessions;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Auth.Logins;

/// <summary>
/// Reports each login to the events service as the activity `login`, as a game server would: over HTTP, so that it is the same
/// whether the services run together or apart. The login's id is the activity's, so it counts once, however often it is reported.
/// </summary>
internal sealed class LoginActivities(
    NpgsqlDataSource database, SessionTokens tokens, EventsService events, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<LoginActivities> log) : IDisposable
{
    /// <summary>The source of these activities: the auth service itself, which needs no account to speak for itself.</summary>
    public static readonly ServiceAccountId OwnAccount = new(new Guid("00000000-0000-0000-0000-00000a074001"));

    private const int BatchSize = 500;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(10),
    };

    /// <summary>Reports what waits. While the events service is down it waits on.</summary>
    public async Task Report(CancellationToken cancellation)
    {
        // Until the server listens nobody knows where.
        if (!lifetime.ApplicationStarted.IsCancellationRequested)
            return;

        List<Login> logins;
        do
        {
            logins = await database.Query(
                "SELECT id, account_id, created_at FROM outbox WHERE kind = 'login_activity' ORDER BY id LIMIT $1",
                row => new Login(row.GetGuid(0), row.GetGuid(1), row.Time(2)), [BatchSize], cancellation);
            if (logins.Count == 0)
                return;

            await Send(logins, cancellation);
            await database.Execute("DELETE FROM outbox WHERE id = ANY ($1)", [logins.ConvertAll(login => login.Id)], cancellation);
        }
        while (logins.Count == BatchSize);
    }

    public void Dispose() => _http.Dispose();

    private async Task Send(List<Login> logins, CancellationToken cancellation)
    {
        var activities = logins.Select(login => new { login.Id, UserId = login.Account.ToString(), Type = "login", OccurredAt = login.At });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(await events.Address(cancellation), "/v1/activities"))
        {
            Content = JsonContent.Create(activities, options: JsonRules.Options),
        };
        var grant = Guid.CreateVersion7(time.GetUtcNow());
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.ForService(OwnAccount, grant, [Scopes.ActivitiesWrite]));
        using var response = await _http.SendAsync(request, cancellation);
        response.EnsureSuccessStatusCode();

        // A refusal is final: after a week of silence a login is too old to count.
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellation);
        if (answer.GetProperty("refused").GetInt32() is > 0 and var refused)
            log.LogWarning("{Refused} logins were refused as activities.", refused);
    }

    private sealed record Login(Guid Id, Guid Account, DateTimeOffset At);
}
