using Laurel.Auth;
using Laurel.Auth.Logins;
using Laurel.Auth.Passwords;
using Laurel.Auth.Sessions;
using Laurel.Platform;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Auth;

public sealed class Guessing(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string Password = "correct horse 12";

    [Fact]
    public async Task A_hundred_and_one_bad_logins_in_a_row_are_stopped_at_the_tenth_and_the_owner_still_gets_in_from_elsewhere()
    {
        var email = await SignUp();
        for (var guess = 1; guess <= 101; guess++)
        {
            var answer = await Login(email, "not this one 12");
            if (guess < 10)
                answer.Refused(401, "invalid_credentials");
            else
                Assert.True(answer.Refused(429, "too_many_requests").Headers.RetryAfter!.Delta!.Value <= TimeSpan.FromMinutes(1));
        }

        Assert.Null(await TryFrom("203.0.113.9", email));
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        (await Login(email, Password)).Is(200);
    }

    [Fact]
    public async Task Fifty_guesses_at_once_are_no_way_around_it()
    {
        var email = await SignUp();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Login(email, "not this one 12")));

        Assert.Equal(9, answers.Count(answer => answer.Status == 401));
        Assert.All(answers.Where(answer => answer.Status != 401), answer => answer.Refused(429, "too_many_requests"));
    }

    [Fact]
    public async Task Fifty_good_logins_of_one_account_at_once_are_no_attack()
    {
        var email = await SignUp();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Login(email, Password)));

        Assert.All(answers, answer => answer.Is(200));
    }

    [Fact]
    public async Task An_unknown_account_is_throttled_like_a_known_one()
    {
        for (var guess = 1; guess < 10; guess++)
            (await Login("nobody-here@example.com", Password)).Refused(401, "invalid_credentials");
        (await Login("nobody-here@example.com", Password)).Refused(429, "too_many_requests");
    }

    [Fact]
    public async Task Another_spelling_of_the_email_is_no_other_throttle()
    {
        var email = await SignUp("dimiti");
        (await Login(email.Replace('i', 'İ'), Password)).Refused(401, "invalid_credentials");
        (await Login(email.Replace('i', 'ı'), Password)).Refused(401, "invalid_credentials");
        (await Login(email.Replace('i', 'I'), Password)).Is(200);
    }

    [Fact]
    public async Task No_email_spells_another_ones_bucket()
    {
        var email = await SignUp();
        string[] hostile = [$"{email}|127.0.0.1", "", $"127.0.0.1|{email}", $"{email}|"];
        foreach (var other in hostile)
        {
            for (var guess = 0; guess < 9; guess++)
                (await Login(other, "not this one 12")).Refused(401, "invalid_credentials");
        }

        (await Login(email, Password)).Is(200);
    }

    [Fact]
    public async Task A_flood_from_one_network_leaves_places_in_the_line_for_others()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var line = new PasswordHashing(new AuthOptions { PasswordQueue = 40 });
        var flood = Enumerable.Range(0, 100).Select(_ => Enter("203.0.113.1", isStranger: true)).ToList();
        var others = Enumerable.Range(0, 100).Select(at => Enter($"198.51.100.{at}", isStranger: true)).ToList();
        var owner = Enter("192.0.2.1", isStranger: false);

        Assert.InRange(flood.Count(place => !place.IsFaulted), 1, 12);
        Assert.InRange(others.Count(place => !place.IsFaulted), 10, 25);
        Assert.False(owner.IsFaulted);
        foreach (var place in flood.Concat(others).Append(owner).Where(place => !place.IsFaulted))
            (await place).Dispose();
        Assert.All(flood.Concat(others).Where(place => place.IsFaulted), place => Assert.IsType<OverloadedException>(place.Exception!.InnerException));
        using var again = await Enter("203.0.113.1", isStranger: true);

        Task<PasswordTurn> Enter(string network, bool isStranger) => line.Turn(network, isStranger, cancellation);
    }

    [Fact]
    public async Task Good_logins_do_not_count()
    {
        var email = await SignUp();
        for (var time = 0; time < 20; time++)
            (await Login(email, Password)).Is(200);
    }

    [Fact]
    public async Task An_attack_from_many_places_is_stopped_at_a_hundred_an_hour_but_not_where_the_owner_last_signed_in()
    {
        var email = await SignUp();
        (await Login(email, Password)).Is(200);
        await app.Services.GetRequiredService<LoginHistory>().HandOn(TestContext.Current.CancellationToken);

        for (var guess = 0; guess < 100; guess++)
            Assert.Null(await TryFrom($"203.0.113.{guess}", email));
        Assert.NotNull(await TryFrom("203.0.113.200", email));
        (await Login(email, Password)).Is(200);

        app.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Null(await TryFrom("203.0.113.200", email));
    }

    [Fact]
    public async Task Three_hundred_good_sign_ups_and_logins_from_one_address_are_no_attack()
    {
        await Parallel.ForAsync(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 50, CancellationToken = TestContext.Current.CancellationToken }, async (_, _) =>
            (await Login(await SignUp(), Password)).Is(200));
    }

    /// <summary>An attempt from another address, as the login endpoint counts it: null where it would be let through.</summary>
    private async Task<TimeSpan?> TryFrom(string network, string email) =>
        await app.Services.GetRequiredService<Throttles>().Take(Throttle.Login(email, network, lastSucceededHere: false), TestContext.Current.CancellationToken);

    private async Task<string> SignUp(string prefix = "")
    {
        var email = $"{prefix}{Guid.CreateVersion7(app.Clock.GetUtcNow()):N}@example.com";
        (await app.Anonymous.Post("/v1/auth/signup", new { email, password = Password, nickname = "Somebody" })).Is(201);
        return email;
    }

    private Task<Answer> Login(string email, string password) => app.Anonymous.Post("/v1/auth/login", new { email, password });
}

public sealed class SigningUpInBulk : IAsyncLifetime
{
    private readonly LaurelApp _app;

    public SigningUpInBulk(TestPostgres postgres)
    {
        _app = new LaurelApp(postgres);
        _app.Settings["Laurel:Auth:SignUpsPerHour"] = "3";
    }

    public ValueTask InitializeAsync() => _app.InitializeAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Sign_ups_of_one_address_are_bounded_by_the_hour()
    {
        for (var at = 0; at < 3; at++)
            (await SignUp(at)).Is(201);

        var refused = (await SignUp(3)).Refused(429, "too_many_requests");
        Assert.NotNull(refused.Headers.RetryAfter);
        _app.Clock.Advance(TimeSpan.FromHours(1));
        (await SignUp(3)).Is(201);
    }

    private Task<Answer> SignUp(int at) =>
        _app.Anonymous.Post("/v1/auth/signup", new { email = $"bulk{at}@example.com", password = "correct horse 12", nickname = "Somebody" });
}
