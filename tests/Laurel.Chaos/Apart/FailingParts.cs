using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Chaos.Apart;

/// <summary>A part of Laurel dies, hangs or is slow, under load through the gateway: the others do not go down with it, and it comes back by itself.</summary>
[Collection<OneCompany>]
public sealed class FailingParts(Company company)
{
    [Theory]
    [InlineData("killed")]
    [InlineData("stopped")]
    [InlineData("slow")]
    public async Task One_of_two_processes_fails_and_only_what_was_in_flight_and_cannot_be_sent_again_is_lost(string how)
    {
        await company.Mend();
        await using var traffic = await Traffic.Runs(company);
        var one = company.Events[0];
        if (how == "killed")
            await one.Kill();
        else if (how == "stopped")
            one.Stop();
        else
            one.Slowness = TimeSpan.FromSeconds(5);

        await traffic.GoesOn();
        // Of one that says nothing: longer than the gateway waits for an answer at most.
        await traffic.GoesOn(TimeSpan.FromSeconds(how == "stopped" ? 17 : 8));
        await company.Mend();
        await traffic.GoesOn();
        await traffic.Ends();

        Assert.Empty(traffic.Repeatable);
        Assert.True(traffic.Once.Count <= Traffic.Careful, string.Join('\n', traffic.Once));
    }

    [Fact]
    public async Task While_auth_is_down_who_is_signed_in_goes_on()
    {
        await company.Mend();
        var player = company.Anonymous.As(company.Tokens.Person(Playing.NewPerson()));
        foreach (var auth in company.Auth)
            await auth.Kill();

        await Eventually.True(async () => (await player.Get("/v1/me")).Status == 503);
        (await player.Get("/v1/me/progress")).Is(200);
        (await company.Operator.Post("/v1/rewards", new { name = "Ten", contents = new[] { new { type = "points", amount = 10 } } })).Is(201);
        await IsSaidAtOnce("/v1/me");

        await Task.WhenAll(company.Auth.Select(auth => auth.Start()));
        await company.AuthServes();
    }

    [Fact]
    public async Task While_events_is_down_signing_in_goes_on_and_is_counted_later()
    {
        await company.Mend();
        var now = TimeProvider.System.GetUtcNow();
        var attending = await company.Operator.Runs(new DraftEvent(now.AddDays(-1), now.AddDays(10), Goal.Count("login", 1)));
        foreach (var events in company.Events)
            await events.Kill();

        await Eventually.True(async () => (await company.Anonymous.As(company.Tokens.Person(Playing.NewPerson())).Get("/v1/me/progress")).Status == 503);
        await IsSaidAtOnce("/v1/me/progress");
        var name = $"{Playing.NewPerson():N}@example.com";
        (await company.Anonymous.Post("/v1/auth/signup", new { email = name, password = "a harbour in the fog", nickname = "Ada" })).Is(201);
        var token = (await company.Anonymous.Post("/v1/auth/login", new { email = name, password = "a harbour in the fog" })).Is(200).Field("accessToken");

        await Task.WhenAll(company.Events.Select(events => events.Start()));
        await company.EventsServes();
        await Eventually.True(async () => (await company.Anonymous.As(token).Progress(attending))["met"]!.GetValue<bool>());
    }

    [Fact]
    public async Task While_the_database_of_events_is_down_auth_goes_on_and_all_comes_back_by_itself()
    {
        await company.Mend();
        var player = company.Anonymous.As(company.Tokens.Person(Playing.NewPerson()));
        company.EventsNetwork.IsDown = true;
        company.EventsNetwork.CutAll();

        await Eventually.True(async () => (await player.Get("/v1/me/progress")).Status == 503);
        for (var time = 0; time < 20; time++)
        {
            var answer = (await player.Get("/v1/me/progress")).Refused(503, "unavailable");
            Assert.NotNull(answer.Headers.RetryAfter);
            (await company.Anonymous.As(company.Tokens.Person(Playing.NewPerson(), Role.Admin)).Get("/v1/services")).Is(200);
        }

        company.EventsNetwork.IsDown = false;
        await Eventually.True(async () => (await player.Get("/v1/me/progress")).Status == 200);
    }

    /// <summary>Nobody is asked who is known to be down: half of many answers come within a tenth of a second.</summary>
    private async Task IsSaidAtOnce(string path)
    {
        var took = new List<TimeSpan>();
        for (var time = 0; time < 20; time++)
        {
            var asked = TimeProvider.System.GetTimestamp();
            var answer = (await company.Anonymous.As(company.Tokens.Person(Playing.NewPerson())).Get(path)).Refused(503, "unavailable");
            took.Add(TimeProvider.System.GetElapsedTime(asked));
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        Assert.True(took.Order().ElementAt(took.Count / 2) < TimeSpan.FromMilliseconds(100), string.Join(' ', took));
    }
}
