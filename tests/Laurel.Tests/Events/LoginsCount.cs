using Laurel.Auth.Logins;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events;

/// <summary>A sign-in is an activity: auth reports it to events by itself.</summary>
public sealed class LoginsCount(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string Password = "a harbour in the fog";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_sign_in_counts_once_and_leaves_the_outbox()
    {
        var @event = await (await app.SignedIn(Role.Operator)).Api.Runs(app.Draft(Goal.Count("login", 3)));
        var email = $"{Guid.CreateVersion7(app.Clock.GetUtcNow()):N}@example.com";
        (await app.Anonymous.Post("/v1/auth/signup", new { email, password = Password, nickname = "Player" })).Is(201);
        var player = app.Anonymous;
        for (var login = 0; login < 3; login++)
            player = app.Anonymous.As((await app.Anonymous.Post("/v1/auth/login", new { email, password = Password })).Is(200).Field("accessToken"));

        await Eventually.True(async () => (await player.Progress(@event)).Current() == 3);
        await app.LoginsCounted();
        Assert.Equal(3L, await app.Database.QueryOne(
            "SELECT count(*) FROM logins JOIN accounts ON accounts.id = logins.account_id WHERE email = $1", row => row.GetInt64(0), [email], Cancellation));
    }

    [Fact]
    public async Task What_was_reported_and_not_crossed_off_counts_no_second_time()
    {
        var @event = await (await app.SignedIn(Role.Operator)).Api.Runs(app.Draft(Goal.Count("login", 3)));
        var player = await app.SignedIn();
        var reports = app.Services.GetRequiredService<LoginActivities>();
        var at = app.Clock.GetUtcNow().AddHours(-1);
        for (var time = 0; time < 3; time++)
        {
            // As a process leaves it that was killed between the answer and the deletion.
            await app.Database.Execute(
                """
                INSERT INTO outbox (id, kind, account_id, body, created_at)
                VALUES ('00000000-0000-7000-8000-000000000001', 'login_activity', $1, '{}', $2)
                ON CONFLICT DO NOTHING
                """, [player.Account.Id.Value, at], Cancellation);
            await reports.Report(Cancellation);
        }

        // And the one by which this player signed in.
        await app.LoginsCounted();
        Assert.Equal(2, (await player.Api.Progress(@event)).Current());
    }

    [Fact]
    public async Task What_is_in_the_future_of_another_clock_is_reported_when_that_has_come_so_far()
    {
        var player = await app.SignedIn();
        await app.LoginsCounted();
        await app.Database.Execute(
            "INSERT INTO outbox (id, kind, account_id, body, created_at) VALUES (gen_random_uuid(), 'login_activity', $1, '{}', $2)",
            [player.Account.Id.Value, app.Clock.GetUtcNow().AddMinutes(6)], Cancellation);
        await app.Services.GetRequiredService<LoginActivities>().Report(Cancellation);
        Assert.Equal((1, 1), (await Waiting(), await Counted()));

        app.Clock.Advance(TimeSpan.FromMinutes(2));
        await app.LoginsCounted();
        Assert.Equal((0, 2), (await Waiting(), await Counted()));

        // What follows so many that wait waits with them, and is not sent with all of them again each second.
        await app.Database.Execute(
            """
            INSERT INTO outbox (id, kind, account_id, body, created_at)
            SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'login_activity', $1, '{}', CASE WHEN i <= 500 THEN $2 ELSE $3 END
            FROM generate_series(1, 501) AS i
            """,
            [player.Account.Id.Value, app.Clock.GetUtcNow().AddMinutes(6), app.Clock.GetUtcNow()], Cancellation);
        await app.Services.GetRequiredService<LoginActivities>().Report(Cancellation);
        Assert.Equal((501, 2), (await Waiting(), await Counted()));

        app.Clock.Advance(TimeSpan.FromMinutes(2));
        await app.LoginsCounted();
        Assert.Equal((0, 503), (await Waiting(), await Counted()));

        Task<long> Waiting() => app.Database.QueryOne(
            "SELECT count(*) FROM outbox WHERE account_id = $1", row => row.GetInt64(0), [player.Account.Id.Value], Cancellation);
        Task<long> Counted() => app.Events.QueryOne(
            "SELECT count(*) FROM activities WHERE user_id = $1", row => row.GetInt64(0), [player.Account.Id.ToString()], Cancellation);
    }
}
