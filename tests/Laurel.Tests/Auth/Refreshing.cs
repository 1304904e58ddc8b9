using Laurel.Auth.Sessions;
using Laurel.Platform.Access;
using Laurel.Platform.Secrets;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Auth;

public sealed class Refreshing(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task A_refresh_token_is_exchanged_for_new_tokens()
    {
        var somebody = await app.SignedIn();
        var answer = (await Refresh(somebody.RefreshToken)).Is(200);

        Assert.NotEqual(somebody.RefreshToken, answer.Field("refreshToken"));
        (await app.Anonymous.As(answer.Field("accessToken")).Get("/v1/me")).Is(200);
        (await Refresh(answer.Field("refreshToken"))).Is(200);
    }

    [Fact]
    public async Task A_lost_answer_is_given_again_for_ten_seconds()
    {
        var somebody = await app.SignedIn();
        var lost = (await Refresh(somebody.RefreshToken)).Is(200).Field("refreshToken");

        Assert.Equal(lost, (await Refresh(somebody.RefreshToken)).Is(200).Field("refreshToken"));
        (await Refresh(lost)).Is(200);
    }

    [Fact]
    public async Task Many_tabs_that_refresh_at_once_all_get_the_same_successor()
    {
        var somebody = await app.SignedIn();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Refresh(somebody.RefreshToken)));

        Assert.Single(answers.Select(answer => answer.Is(200).Field("refreshToken")).Distinct());
    }

    [Fact]
    public async Task A_replay_after_the_grace_ends_the_session()
    {
        var somebody = await app.SignedIn();
        var next = (await Refresh(somebody.RefreshToken)).Is(200);
        app.Clock.Advance(TimeSpan.FromSeconds(11));

        (await Refresh(somebody.RefreshToken)).Refused(401, "invalid_refresh_token");
        (await Refresh(next.Field("refreshToken"))).Refused(401, "invalid_refresh_token");
        (await app.Anonymous.As(next.Field("accessToken")).Get("/v1/me")).Refused(401, "session_ended");
    }

    [Fact]
    public async Task A_replay_ends_the_session_when_the_successor_was_used_already()
    {
        var somebody = await app.SignedIn();
        var second = (await Refresh(somebody.RefreshToken)).Is(200).Field("refreshToken");
        var third = (await Refresh(second)).Is(200).Field("refreshToken");

        (await Refresh(somebody.RefreshToken)).Refused(401, "invalid_refresh_token");
        (await Refresh(third)).Refused(401, "invalid_refresh_token");
    }

    [Fact]
    public async Task A_token_of_another_family_changes_nothing()
    {
        var somebody = await app.SignedIn();
        var other = await app.SignedIn();
        var tokens = app.Services.GetRequiredService<RefreshTokens>();
        Assert.True(tokens.TryRead(other.RefreshToken, out var others));

        // The session of the one with the secret of the other: under our own key, which nobody else has ...
        (await Refresh(new RefreshTokens(new SecretBox(new byte[32].Select(_ => (byte)7).ToArray())).Write(others with { Session = somebody.Session })))
            .Refused(401, "invalid_refresh_token");
        (await Refresh(somebody.RefreshToken)).Is(200);
        (await Refresh(other.RefreshToken)).Is(200);
    }

    [Theory]
    [InlineData("")]
    [InlineData("lrt_")]
    [InlineData("nonsense")]
    [InlineData("lrt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task What_is_no_refresh_token_is_refused(string token) => (await Refresh(token)).Refused(401, "invalid_refresh_token");

    [Fact]
    public async Task A_tampered_token_ends_nothing()
    {
        var somebody = await app.SignedIn();
        for (var at = RefreshTokens.Prefix.Length; at < somebody.RefreshToken.Length; at += 9)
        {
            var tampered = somebody.RefreshToken.ToCharArray();
            tampered[at] = tampered[at] == 'A' ? 'B' : 'A';
            (await Refresh(new string(tampered))).Refused(401, "invalid_refresh_token");
        }

        (await Refresh(somebody.RefreshToken)).Is(200);
    }

    [Fact]
    public async Task Nothing_to_refresh_with_is_a_malformed_request()
    {
        (await app.Anonymous.Post("/v1/auth/refresh")).Refused(400, "malformed_body").Because("refreshToken", "missing_field");
        (await app.Anonymous.Post("/v1/auth/refresh", new { })).Refused(400, "malformed_body").Because("refreshToken", "missing_field");
    }

    [Fact]
    public async Task The_token_of_a_deleted_user_is_refused()
    {
        var somebody = await app.SignedIn();
        (await somebody.Api.Delete("/v1/me")).Is(204);
        (await Refresh(somebody.RefreshToken)).Refused(401, "invalid_refresh_token");
    }

    [Fact]
    public async Task A_session_lives_thirty_days_from_its_last_refresh()
    {
        var somebody = await app.SignedIn();
        app.Clock.Advance(TimeSpan.FromDays(29));
        var next = (await Refresh(somebody.RefreshToken)).Is(200).Field("refreshToken");
        app.Clock.Advance(TimeSpan.FromDays(29));
        next = (await Refresh(next)).Is(200).Field("refreshToken");
        app.Clock.Advance(TimeSpan.FromDays(31));
        (await Refresh(next)).Refused(401, "invalid_refresh_token");
    }

    [Fact]
    public async Task Logging_out_ends_the_session_also_with_a_used_token_and_without_an_access_token()
    {
        var somebody = await app.SignedIn();
        var next = (await Refresh(somebody.RefreshToken)).Is(200);

        (await app.Anonymous.Post("/v1/auth/logout", new { refreshToken = somebody.RefreshToken })).Is(204);
        (await Refresh(next.Field("refreshToken"))).Refused(401, "invalid_refresh_token");
        (await app.Anonymous.As(next.Field("accessToken")).Get("/v1/me")).Refused(401, "session_ended");
        (await app.Anonymous.Post("/v1/auth/logout", new { refreshToken = somebody.RefreshToken })).Is(204);
        (await app.Anonymous.Post("/v1/auth/logout", new { refreshToken = "nonsense" })).Is(204);
        (await app.Anonymous.Post("/v1/auth/logout")).Refused(400, "malformed_body").Because("refreshToken", "missing_field");
    }

    [Fact]
    public async Task Logging_out_and_changing_the_account_at_once_do_not_stand_in_each_others_way()
    {
        var admin = await app.SignedIn(Role.Admin);
        for (var round = 0; round < 10; round++)
        {
            var somebody = await app.SignedIn();
            var answers = await Task.WhenAll(
                [
                    admin.Api.Patch($"/v1/users/{somebody.Account.Id}", new { role = "AUDITOR" }),
                    .. Enumerable.Range(0, 5).Select(_ => app.Anonymous.Post("/v1/auth/logout", new { refreshToken = somebody.RefreshToken })),
                ]);
            Assert.All(answers, answer => Assert.True(answer.Status is 200 or 204, $"{answer.Request} answered {answer.Status}: {answer.Text}"));
        }
    }

    private Task<Answer> Refresh(string token) => app.Anonymous.Post("/v1/auth/refresh", new { refreshToken = token });
}
