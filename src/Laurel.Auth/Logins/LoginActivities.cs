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

    /// <summary>This clock is ahead of the other's, by more than it lets pass: what it says now it will not say later.</summary>
    private const string InTheFuture = "activity_in_the_future";

    private bool _isAhead;

    /// <summary>Reports what waits. While the events service is down it waits on.</summary>
    public async Task Report(CancellationToken cancellation)
    {
        if (!events.IsKnown)
            return;

        var (last, kept) = (Guid.Empty, 0);
        List<Login> logins;
        List<Guid> settled;
        do
        {
            logins = await database.Query(
                "SELECT id, account_id, created_at FROM outbox WHERE kind = 'login_activity' AND id > $1 ORDER BY id LIMIT $2",
                row => new Login(row.GetGuid(0), row.GetGuid(1), row.Time(2)), [last, BatchSize], cancellation);
            if (logins.Count == 0)
                break;

            settled = await Send(logins, cancellation);
            await database.Execute("DELETE FROM outbox WHERE id = ANY ($1)", [settled], cancellation);
            kept += logins.Count - settled.Count;
            last = logins[^1].Id;
        }
        // Ids are in the order of time: where none of so many is let pass, those that follow are later still.
        while (logins.Count == BatchSize && settled.Count > 0);

        if (kept > 0 && !_isAhead)
            log.LogWarning("The clock here is ahead of the events service's: {Kept} logins, and those that follow, are reported when that has come so far", kept);
        _isAhead = kept > 0;
    }

    /// <summary>Those that need not be sent again.</summary>
    private async Task<List<Guid>> Send(List<Login> logins, CancellationToken cancellation)
    {
        var activities = logins.ConvertAll(login => new { login.Id, UserId = login.Account.ToString(), Type = "login", OccurredAt = login.At });
        using var response = await events.Send(HttpMethod.Post, "/v1/activities", Scopes.ActivitiesWrite, activities, cancellation);

        // Any other refusal is final: after a week of silence a login is too old to count.
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellation);
        var codes = answer.GetProperty("results").EnumerateArray()
            .Select(result => result.TryGetProperty("code", out var code) ? code.GetString() : null).ToList();
        if (codes.Count(code => code is not (null or InTheFuture)) is > 0 and var refused)
            log.LogWarning("{Refused} logins were refused as activities.", refused);
        return [.. logins.Zip(codes).Where(told => told.Second != InTheFuture).Select(told => told.First.Id)];
    }

    private sealed record Login(Guid Id, Guid Account, DateTimeOffset At);
}
