using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Auth;

public sealed class ManagingUsers(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task An_admin_makes_a_user_an_operator_whose_old_tokens_die()
    {
        var (admin, user) = (await app.SignedIn(Role.Admin), await app.SignedIn());
        var changed = (await admin.Api.Patch($"/v1/users/{user.Account.Id}", new { role = "OPERATOR" })).Is(200);

        Assert.Equal("OPERATOR", changed.Field("role"));
        (await user.Api.Get("/v1/me")).Refused(401, "session_ended");
        (await app.Anonymous.Post("/v1/auth/refresh", new { refreshToken = user.RefreshToken })).Refused(401, "invalid_refresh_token");
    }

    [Fact]
    public async Task A_change_to_what_it_is_ends_nothing()
    {
        var (admin, user) = (await app.SignedIn(Role.Admin), await app.SignedIn());

        (await admin.Api.Patch($"/v1/users/{user.Account.Id}", new { role = "USER", active = true })).Is(200);
        (await user.Api.Get("/v1/me")).Is(200);
    }

    [Fact]
    public async Task A_deactivated_account_cannot_sign_in_until_it_is_active_again()
    {
        var admin = await app.SignedIn(Role.Admin);
        var email = $"{Guid.CreateVersion7(app.Clock.GetUtcNow()):N}@example.com";
        var credentials = new { email, password = "correct horse 12" };
        var id = (await app.Anonymous.Post("/v1/auth/signup", new { email, credentials.password, nickname = "Somebody" })).Is(201).Field("id");
        var tokens = (await app.Anonymous.Post("/v1/auth/login", credentials)).Is(200);

        (await admin.Api.Patch($"/v1/users/{id}", new { active = false })).Is(200);
        (await app.Anonymous.As(tokens.Field("accessToken")).Get("/v1/me")).Refused(401, "session_ended");
        (await app.Anonymous.Post("/v1/auth/login", credentials)).Refused(401, "invalid_credentials");
        (await admin.Api.Patch($"/v1/users/{id}", new { active = true })).Is(200);
        (await app.Anonymous.Post("/v1/auth/login", credentials)).Is(200);
    }

    [Fact]
    public async Task No_session_survives_a_deactivation_that_races_with_logins()
    {
        var admin = await app.SignedIn(Role.Admin);
        var email = $"{Guid.CreateVersion7(app.Clock.GetUtcNow()):N}@example.com";
        var credentials = new { email, password = "correct horse 12" };
        var id = (await app.Anonymous.Post("/v1/auth/signup", new { email, credentials.password, nickname = "Somebody" })).Is(201).Field("id");

        for (var round = 0; round < 8; round++)
        {
            // So that the refused logins of the round before do not count against this one.
            app.Clock.Advance(TimeSpan.FromSeconds(61));
            (await admin.Api.Patch($"/v1/users/{id}", new { active = true })).Is(200);
            var logins = Enumerable.Range(0, 8).Select(_ => app.Anonymous.Post("/v1/auth/login", credentials)).ToList();
            (await admin.Api.Patch($"/v1/users/{id}", new { active = false })).Is(200);
            foreach (var login in await Task.WhenAll(logins))
            {
                if (login.Status == 200)
                    (await app.Anonymous.As(login.Field("accessToken")).Get("/v1/auth/check")).Refused(401, "session_ended");
                else
                    login.Refused(401, "invalid_credentials");
            }
        }
    }

    [Fact]
    public async Task The_list_is_filtered_and_paged_without_gaps()
    {
        var admin = await app.SignedIn(Role.Admin);
        var auditors = new List<string>();
        for (var at = 0; at < 5; at++)
            auditors.Insert(0, (await app.SignedIn(Role.Auditor)).Account.Id.ToString());

        var seen = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await admin.Api.Get($"/v1/users?role=AUDITOR&limit=2{cursor}")).Is(200).Json;
            seen.AddRange(page["items"]!.AsArray().Select(user => user!["id"]!.GetValue<string>()));
            cursor = page["nextCursor"] is { } next ? $"&cursor={next.GetValue<string>()}" : null;
            if (seen.Count == 2)
                await app.SignedIn(Role.Auditor);
        }

        Assert.Equal(auditors, seen);
    }

    [Fact]
    public async Task An_account_is_found_by_its_email_or_a_part_of_it()
    {
        var (admin, user) = (await app.SignedIn(Role.Admin), await app.SignedIn());

        Assert.Equal(user.Account.Id.ToString(), await Only($"email={user.Account.Email.ToUpperInvariant()}"));
        Assert.Equal(user.Account.Id.ToString(), await Only($"q={user.Account.Email[..32]}"));
        Assert.Empty((await admin.Api.Get("/v1/users?q=%25")).Is(200).Json["items"]!.AsArray());

        async Task<string> Only(string query) =>
            Assert.Single((await admin.Api.Get($"/v1/users?{query}")).Is(200).Json["items"]!.AsArray())!["id"]!.GetValue<string>();
    }

    [Theory]
    [InlineData("limit=0", "limit", "bad_value")]
    [InlineData("limit=-1", "limit", "bad_value")]
    [InlineData("limit=201", "limit", "bad_value")]
    [InlineData("limit=ten", "limit", "bad_value")]
    [InlineData("limit=", "limit", "bad_value")]
    [InlineData("limit=1&limit=2", "limit", "repeated_parameter")]
    [InlineData("Limit=1", "Limit", "unknown_parameter")]
    [InlineData("role=KING", "role", "bad_value")]
    [InlineData("role=0", "role", "bad_value")]
    [InlineData("q=%00", "q", "bad_value")]
    [InlineData("page=2", "page", "unknown_parameter")]
    public async Task A_query_that_cannot_be_read_is_refused(string query, string path, string code) =>
        (await (await app.SignedIn(Role.Admin)).Api.Get($"/v1/users?{query}")).Refused(400, "bad_query").Because(path, code);

    [Fact]
    public async Task A_tampered_or_foreign_cursor_is_refused()
    {
        var admin = await app.SignedIn(Role.Admin);
        var user = await app.SignedIn();
        var cursor = (await admin.Api.Get("/v1/users?limit=1")).Is(200).Field("nextCursor");

        (await admin.Api.Get($"/v1/users?cursor={cursor}")).Is(200);
        (await admin.Api.Get($"/v1/users?cursor={(cursor[0] == 'A' ? 'B' : 'A')}{cursor[1..]}")).Refused(400, "invalid_cursor");
        (await admin.Api.Get($"/v1/users?cursor={cursor[..^1]}")).Refused(400, "invalid_cursor");
        (await admin.Api.Get("/v1/users?cursor=*")).Refused(400, "invalid_cursor");
        (await admin.Api.Get("/v1/users?cursor=")).Refused(400, "invalid_cursor");
        (await admin.Api.Get($"/v1/users/{user.Account.Id}/logins?cursor={cursor}")).Refused(400, "invalid_cursor");
    }

    [Fact]
    public async Task What_is_not_there_is_404_and_an_empty_change_422()
    {
        var (admin, user) = (await app.SignedIn(Role.Admin), await app.SignedIn());

        (await admin.Api.Get("/v1/users/nonsense")).Refused(404, "not_found");
        (await admin.Api.Get($"/v1/users/{Guid.Empty}")).Refused(404, "not_found");
        (await admin.Api.Get($"/v1/users/{Guid.Empty}/logins")).Refused(404, "not_found");
        (await admin.Api.Patch($"/v1/users/{Guid.Empty}", new { active = false })).Refused(404, "not_found");
        (await admin.Api.Patch($"/v1/users/{user.Account.Id}", new { })).Refused(422, "rule_broken");
        (await admin.Api.Patch($"/v1/users/{user.Account.Id}", new { role = "king" })).Refused(400, "malformed_body").Because("role", "wrong_kind");
        (await admin.Api.Patch($"/v1/users/{user.Account.Id}", new { email = "x@example.com" })).Refused(400, "malformed_body").Because("email", "unknown_field");
    }
}

public sealed class TheLastAdmin(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task The_last_admin_stays_one_whatever_is_tried_at_once()
    {
        var admins = new List<Actor>();
        for (var at = 0; at < 6; at++)
            admins.Add(await app.SignedIn(Role.Admin));

        // Each takes the right from the next, all at once, in the three ways there are.
        await Task.WhenAll(admins.Select((admin, at) =>
        {
            var next = $"/v1/users/{admins[(at + 1) % admins.Count].Account.Id}";
            return (at % 3) switch
            {
                0 => admin.Api.Patch(next, new { role = "USER" }),
                1 => admin.Api.Patch(next, new { active = false }),
                _ => admin.Api.Delete("/v1/me"),
            };
        }));

        await using var left = app.Database.CreateCommand("SELECT count(*) FROM accounts WHERE role = 'ADMIN' AND active");
        Assert.True((long)(await left.ExecuteScalarAsync(TestContext.Current.CancellationToken))! >= 1);
    }

    [Fact]
    public async Task The_only_admin_can_neither_leave_nor_step_down()
    {
        var admin = await app.SignedIn(Role.Admin);
        await using (var only = app.Database.CreateCommand("UPDATE accounts SET role = 'USER' WHERE role = 'ADMIN' AND id <> $1"))
        {
            only.Parameters.Add(new() { Value = admin.Account.Id.Value });
            await only.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        (await admin.Api.Patch($"/v1/users/{admin.Account.Id}", new { role = "OPERATOR" })).Refused(409, "last_admin");
        (await admin.Api.Patch($"/v1/users/{admin.Account.Id}", new { active = false })).Refused(409, "last_admin");
        (await admin.Api.Delete("/v1/me")).Refused(409, "last_admin");
        (await admin.Api.Get("/v1/me")).Is(200);
    }
}
