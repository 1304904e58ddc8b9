using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Auth;

public sealed class MyAccount(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string Password = "correct horse 12";

    [Fact]
    public async Task I_see_where_I_am_signed_in_and_end_one_of_them()
    {
        var (email, first) = await SignedUp();
        var second = await Login(email);
        var sessions = (await first.Get("/v1/me/sessions")).Is(200).Json["items"]!.AsArray();

        Assert.Equal(2, sessions.Count);
        var other = sessions.Single(session => !session!["current"]!.GetValue<bool>())!["id"]!.GetValue<string>();
        (await first.Delete($"/v1/me/sessions/{other}")).Is(204);
        (await first.Delete($"/v1/me/sessions/{other}")).Refused(404, "not_found");
        (await second.Get("/v1/me")).Refused(401, "session_ended");
        (await first.Get("/v1/me")).Is(200);
    }

    [Fact]
    public async Task Somebody_elses_session_is_not_there()
    {
        var (somebody, other) = (await app.SignedIn(), await app.SignedIn());

        (await somebody.Api.Delete($"/v1/me/sessions/{other.Session}")).Refused(404, "not_found");
        (await other.Api.Get("/v1/me")).Is(200);
        (await somebody.Api.Delete("/v1/me/sessions/nonsense")).Refused(404, "not_found");
    }

    [Fact]
    public async Task Another_password_ends_my_other_sessions()
    {
        var (email, here) = await SignedUp();
        var elsewhere = await Login(email);

        (await here.Put("/v1/me/password", new { currentPassword = Password, newPassword = "another horse 34" })).Is(204);
        (await here.Get("/v1/me")).Is(200);
        (await elsewhere.Get("/v1/me")).Refused(401, "session_ended");
        (await app.Anonymous.Post("/v1/auth/login", new { email, password = Password })).Refused(401, "invalid_credentials");
        (await app.Anonymous.Post("/v1/auth/login", new { email, password = "another horse 34" })).Is(200);
    }

    [Fact]
    public async Task A_password_change_is_refused_for_a_reason()
    {
        var (_, me) = await SignedUp();

        (await me.Put("/v1/me/password", new { currentPassword = "not this one 12", newPassword = "another horse 34" })).Refused(422, "wrong_password");
        (await me.Put("/v1/me/password", new { currentPassword = Password, newPassword = "short" })).Refused(422, "rule_broken").Because("newPassword", "password_too_short");
        (await me.Put("/v1/me/password", new { newPassword = "another horse 34" })).Refused(400, "malformed_body").Because("currentPassword", "missing_field");
    }

    [Fact]
    public async Task Guessing_the_current_password_is_throttled()
    {
        var (_, me) = await SignedUp();
        for (var guess = 0; guess < 9; guess++)
            (await me.Put("/v1/me/password", new { currentPassword = $"guess number {guess}", newPassword = "another horse 34" })).Refused(422, "wrong_password");

        var refused = (await me.Put("/v1/me/password", new { currentPassword = Password, newPassword = "another horse 34" })).Refused(429, "too_many_requests");
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task Of_two_password_changes_at_once_one_wins()
    {
        var (_, me) = await SignedUp();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(at =>
            me.Put("/v1/me/password", new { currentPassword = Password, newPassword = $"another horse {at}{at}" })));

        Assert.Single(answers, answer => answer.Status == 204);
        Assert.All(answers.Where(answer => answer.Status != 204), answer => answer.Refused(422, "wrong_password"));
    }

    [Fact]
    public async Task I_change_my_nickname()
    {
        var somebody = await app.SignedIn();

        Assert.Equal("홍길동", (await somebody.Api.Patch("/v1/me", new { nickname = "홍길동" })).Is(200).Field("nickname"));
        (await somebody.Api.Patch("/v1/me", new { nickname = "" })).Refused(422, "rule_broken");
        Assert.Equal("홍길동", (await somebody.Api.Get("/v1/me")).Is(200).Field("nickname"));
    }

    [Fact]
    public async Task I_get_all_that_is_stored_about_me_and_no_hash()
    {
        var (email, me) = await SignedUp();
        await Eventually.True(async () => (await me.Get("/v1/me/export")).Is(200).Json["logins"]!.AsArray().Count == 1);
        var export = (await me.Get("/v1/me/export")).Is(200);

        Assert.Equal(email, export.Json["account"]!["email"]!.GetValue<string>());
        Assert.Equal("127.0.0.1", export.Json["sessions"]![0]!["address"]!.GetValue<string>());
        Assert.DoesNotContain("hash", export.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("attachment", export.ContentHeaders.ContentDisposition!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_account_leaves_its_id_and_nothing_else()
    {
        var (email, me) = await SignedUp();
        await Eventually.True(async () => (await me.Get("/v1/me/export")).Is(200).Json["logins"]!.AsArray().Count == 1);
        var id = (await me.Get("/v1/me")).Is(200).Field("id");
        (await me.Delete("/v1/me")).Is(204);

        (await me.Get("/v1/me")).Refused(401, "session_ended");
        (await app.Anonymous.Post("/v1/auth/login", new { email, password = Password })).Refused(401, "invalid_credentials");
        var admin = await app.SignedIn(Role.Admin);
        var left = (await admin.Api.Get($"/v1/users/{id}")).Is(200);
        Assert.DoesNotContain(email, left.Text, StringComparison.Ordinal);
        Assert.NotNull(left.Json["erasedAt"]);
        Assert.DoesNotContain("127.0.0.1", (await admin.Api.Get($"/v1/users/{id}/logins")).Is(200).Text, StringComparison.Ordinal);
        Assert.Empty(await WhereStored(email));
        (await admin.Api.Patch($"/v1/users/{id}", new { active = true })).Refused(409, "account_erased");
        (await app.Anonymous.Post("/v1/auth/signup", new { email, password = Password, nickname = "Again" })).Is(201);
    }

    /// <summary>The tables in which a text still stands somewhere in some row.</summary>
    private async Task<List<string>> WhereStored(string text)
    {
        var found = new List<string>();
        await using var tables = app.Database.CreateCommand("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
        await using var reader = await tables.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            await using var search = app.Database.CreateCommand($"SELECT count(*) FROM {reader.GetString(0)} t WHERE t::text LIKE '%' || $1 || '%'");
            search.Parameters.Add(new() { Value = text });
            if ((long)(await search.ExecuteScalarAsync(TestContext.Current.CancellationToken))! > 0)
                found.Add(reader.GetString(0));
        }

        return found;
    }

    private async Task<(string Email, Api Api)> SignedUp()
    {
        var email = $"{Guid.CreateVersion7(app.Clock.GetUtcNow()):N}@example.com";
        (await app.Anonymous.Post("/v1/auth/signup", new { email, password = Password, nickname = "Somebody" })).Is(201);
        return (email, await Login(email));
    }

    private async Task<Api> Login(string email) =>
        app.Anonymous.As((await app.Anonymous.Post("/v1/auth/login", new { email, password = Password })).Is(200).Field("accessToken"));
}
