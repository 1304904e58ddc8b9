using System.Net.Http.Json;
using System.Text.Json;
using Laurel.Auth.Registry;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Auth.Logins;

/// <summary>
/// Reports each login to the events service as the activity `login`, as a game server would. The login's id is the activity's, so it
/// counts once, however often it is reported.
/// </summary>
internal sealed class LoginActivities(NpgsqlDataSource database, EventsService events, ILogger<LoginActivities> log)
{
    private const int BatchSize = 500;

    /// <summary>Reports what waits. While the events service is down it waits on.</summary>
    public async Task Report(CancellationToken cancellation)
    {
        if (!events.IsKnown)
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

    private async Task Send(List<Login> logins, CancellationToken cancellation)
    {
        var activities = logins.ConvertAll(login => new { login.Id, UserId = login.Account.ToString(), Type = "login", OccurredAt = login.At });
        using var response = await events.Send(HttpMethod.Post, "/v1/activities", Scopes.ActivitiesWrite, activities, cancellation);

        // A refusal is final: after a week of silence a login is too old to count.
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellation);
        if (answer.GetProperty("refused").GetInt32() is > 0 and var refused)
            log.LogWarning("{Refused} logins were refused as activities.", refused);
    }

    private sealed record Login(Guid Id, Guid Account, DateTimeOffset At);
}
