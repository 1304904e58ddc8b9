using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Laurel.Platform.Access;
using Laurel.Platform.Issuers;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Tests.Issuers;

/// <summary>Whom the game's own identity provider has signed in plays, and does nothing else.</summary>
public sealed partial class PlayersOfTheirOwn(TrustingGame game) : IClassFixture<TrustingGame>
{
    private LaurelApp App => game.App;

    [Fact]
    public async Task A_player_who_never_signed_up_checks_in_hunts_claims_and_is_paid()
    {
        var @operator = App.Somebody(Role.Operator);
        var visit = await @operator.Runs(App.Draft(Goal.Attendance(1)));
        var hunt = await @operator.Runs(App.Draft(Goal.Count("hunt", 2)));
        var (name, ada) = ("ada-1", game.Player("ada-1"));
        var bob = game.Player("bob-1");

        // What she does herself, and what the game's server reports of her.
        (await ada.Post("/v1/me/check-ins", new { })).Is(200);
        Assert.Equal(1, (await ada.Progress(visit)).Current());
        await App.GameServer().Reports(
            Playing.Did($"game:{name}", "hunt", App.Clock.GetUtcNow()), Playing.Did($"game:{name}", "hunt", App.Clock.GetUtcNow()));
        Assert.Equal(2, (await ada.Progress(hunt)).Current());
        Assert.Equal(0, (await bob.Progress(hunt)).Current());

        foreach (var @event in new[] { visit, hunt })
        {
            Assert.Equal("completed", (string)(await ada.Claims(@event)).Is(201).Json["claims"]![0]!["status"]!);
            (await ada.Claims(@event)).Refused(409, "already_claimed");
            (await bob.Claims(@event)).Refused(422, "condition_not_met");
        }

        Assert.Equal(20, (int)(await ada.Get("/v1/me/points")).Is(200).Json["balance"]!);
        Assert.Equal(0, (int)(await bob.Get("/v1/me/points")).Is(200).Json["balance"]!);
        Assert.Equal(2, (await ada.Get("/v1/me/claims")).Is(200).Json["items"]!.AsArray().Count);
        Assert.Equal($"game:{name}", (string)(await @operator.Get($"/v1/claims?userId=game:{name}")).Is(200).Json["items"]![0]!["userId"]!);
        var check = (await ada.Get("/v1/auth/check")).Is(204);
        Assert.Equal($"game:{name}", check.Headers.GetValues("X-User-Id").Single());
        Assert.Equal("USER", check.Headers.GetValues("X-User-Role").Single());
    }

    [Fact]
    public async Task Users_of_two_issuers_and_of_Laurel_who_have_the_same_id_are_three()
    {
        var account = await App.SignedIn();
        var id = account.Account.Id.ToString();
        var of = await App.Somebody(Role.Operator).Runs(App.Draft(Goal.Count("check_in", 1)));
        var game1 = game.Player(id);
        var studio = game.Player(id, claims => claims["iss"] = "https://id.studio.test", Provider.Ec);

        (await game1.Post("/v1/me/check-ins", new { })).Is(200);
        (await game1.Claims(of)).Is(201);

        foreach (var other in new[] { account.Api, studio })
        {
            Assert.Equal(0, (await other.Progress(of)).Current());
            Assert.Equal(0, (int)(await other.Get("/v1/me/points")).Is(200).Json["balance"]!);
        }
    }

    [Fact]
    public async Task What_belongs_to_an_account_is_not_there_for_whom_an_issuer_has_signed_in()
    {
        var ada = game.Player("ada-2", claims => claims["sid"] = Guid.CreateVersion7(App.Clock.GetUtcNow()).ToString());
        Task<Answer>[] asked =
        [
            ada.Get("/v1/me"), ada.Patch("/v1/me", new { nickname = "Ada" }), ada.Delete("/v1/me"), ada.Get("/v1/me/export"), ada.Get("/v1/me/sessions"),
            ada.Delete($"/v1/me/sessions/{Guid.Empty}"), ada.Put("/v1/me/password", new { currentPassword = "correct horse", newPassword = "battery staple" }),
        ];

        Assert.All(await Task.WhenAll(asked), answer => Assert.Contains("no account here", answer.Refused(404, "not_found").Field("detail"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_claim_of_a_foreign_token_opens_what_is_closed_to_a_user()
    {
        var (user, ada) = (await App.SignedIn(), game.Player("ada-3", claims =>
        {
            foreach (var name in new[] { "role", "Role", "roles", "groups" })
                claims[name] = "ADMIN";
            (claims["scope"], claims["scp"]) = (string.Join(' ', Scopes.All), new JsonArray([.. Scopes.All]));
            claims["sid"] = Guid.CreateVersion7(App.Clock.GetUtcNow()).ToString();
        }));

        var endpoints = Endpoints().DistinctBy(endpoint => (endpoint.Method, endpoint.Path)).ToList();
        Assert.True(endpoints.Count > 50);
        foreach (var (method, path, rule) in endpoints)
        {
            var answer = await ada.Send(method, path);
            if (rule.Anyone || rule.Roles.Contains(Role.User))
                Assert.False(answer.Status is 401 or 403 or >= 500, $"{answer.Request} answered {answer.Status}: {answer.Text}");
            else
                answer.Refused(403, "forbidden");
        }

        // Those that let users in see the same of somebody with an account.
        Assert.Contains(endpoints, endpoint => !endpoint.Rule.Anyone && endpoint.Rule.Roles.Contains(Role.User));
        (await user.Api.Get("/v1/me")).Is(200);
    }

    [Fact]
    public async Task What_is_wrong_with_a_foreign_token_is_told_as_of_Laurels_own()
    {
        (await game.Player("ada-4", key: Provider.Stranger).Get("/v1/me/points")).Refused(401, "invalid_token");
        (await game.Player("ada-4", claims => claims["aud"] = "other").Get("/v1/me/points")).Refused(401, "invalid_token");
        (await game.Player("ada-4", claims => claims["iss"] = "laurel").Get("/v1/me/points")).Refused(401, "invalid_token");
        (await game.Player("ada-4", claims => claims["iss"] = "https://id.unknown.test").Get("/v1/me/points")).Refused(401, "invalid_token");
        (await game.Player("ada-4", claims => (claims["iat"], claims["exp"]) = (1, 2)).Get("/v1/me/points")).Refused(401, "token_expired");
        (await App.Anonymous.As("a.b.c").Get("/v1/me/points")).Refused(401, "invalid_token");
    }

    [Fact]
    public async Task A_player_whose_token_bears_a_new_key_plays_on()
    {
        (await game.Player("ada-5").Get("/v1/me/points")).Is(200);
        var next = ProviderKey.Ec("next");
        game.Server.Publish(Provider.Rsa, Provider.Ec, next);
        App.Clock.Advance(IssuerKeys.LookEvery);

        (await game.Player("ada-5", key: next).Get("/v1/me/points")).Is(200);
    }

    [Fact]
    public async Task A_key_that_is_withdrawn_is_forgotten_in_the_background()
    {
        var leaving = ProviderKey.Rsa("leaving");
        game.Server.Publish(Provider.Rsa, Provider.Ec, leaving);
        App.Clock.Advance(IssuerKeys.LookEvery);
        var ada = game.Player("ada-6", key: leaving);
        (await ada.Get("/v1/me/points")).Is(200);

        game.Server.Publish(Provider.Rsa, Provider.Ec);
        App.Clock.Advance(IssuerKeys.RefreshEvery);
        await Eventually.True(async () => (await ada.Get("/v1/me/points")).Status == 401);
        (await game.Player("ada-6").Get("/v1/me/points")).Is(200);
    }

    private IEnumerable<(HttpMethod Method, string Path, AccessRule Rule)> Endpoints() =>
        from route in App.Endpoints
        let path = '/' + route.RoutePattern.RawText!.Trim('/').Replace("{document}", "auth", StringComparison.Ordinal)
        from method in route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        select (new HttpMethod(method), PathParameter().Replace(path, Guid.Empty.ToString()), route.Metadata.GetMetadata<AccessRule>()!);

    [GeneratedRegex(@"\{[^}]+\}", RegexOptions.NonBacktracking)]
    private static partial Regex PathParameter();
}
