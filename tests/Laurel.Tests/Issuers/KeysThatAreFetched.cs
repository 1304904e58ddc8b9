using Laurel.Platform;
using Laurel.Platform.Issuers;
using Laurel.Platform.Tokens;
using Microsoft.AspNetCore.Http;

namespace Laurel.Tests.Issuers;

/// <summary>Where an issuer's keys come from, when they are asked for, and what is done while they cannot be had.</summary>
public sealed class KeysThatAreFetched : IAsyncLifetime
{
    private KeyServer? _server;
    private IssuerWorkshop? _workshop;

    private KeyServer Server => _server!;

    private IssuerWorkshop Workshop => _workshop!;

    public async ValueTask InitializeAsync()
    {
        _server = await KeyServer.Start();
        _workshop = new IssuerWorkshop(_server.Url);
    }

    public async ValueTask DisposeAsync()
    {
        await Workshop.DisposeAsync();
        await Server.DisposeAsync();
    }

    [Fact]
    public async Task Keys_are_fetched_once_and_again_every_five_minutes()
    {
        for (var i = 0; i < 10; i++)
        {
            await Workshop.Second();
            Assert.Equal(TokenOutcome.Valid, await Workshop.Outcome(Workshop.Token($"user-{i}")));
        }

        Assert.Equal(1, Server.Asked);
        Workshop.Clock.Now += IssuerKeys.RefreshEvery - TimeSpan.FromSeconds(1);
        await Workshop.Second();
        Assert.Equal(1, Server.Asked);
        Workshop.Clock.Now += TimeSpan.FromSeconds(1);
        await Workshop.Second();
        Assert.Equal(2, Server.Asked);
    }

    [Fact]
    public async Task A_key_that_was_withdrawn_counts_no_more_once_that_was_seen()
    {
        var token = Workshop.Token();
        Assert.Equal(TokenOutcome.Valid, await Workshop.Outcome(token));

        Server.Publish(Provider.Ec);
        Workshop.Clock.Now += IssuerKeys.RefreshEvery;
        await Workshop.Second();

        Assert.Equal(TokenOutcome.UnknownKey, await Workshop.Outcome(token));
        Assert.Equal(TokenOutcome.UnknownKey, await Workshop.Outcome(Workshop.Token("another")));
    }

    [Fact]
    public async Task A_new_key_is_known_to_the_first_token_that_names_it()
    {
        await Workshop.Second();
        var next = ProviderKey.Ec("next");
        Server.Publish(Provider.Rsa, next);
        Workshop.Clock.Now += IssuerKeys.LookEvery;

        var tokens = Enumerable.Range(0, 20).Select(user => Workshop.Outcome(Workshop.Token($"user-{user}", next)));

        Assert.All(await Task.WhenAll(tokens), outcome => Assert.Equal(TokenOutcome.Valid, outcome));
        Assert.Equal(2, Server.Asked);
    }

    [Fact]
    public async Task Invented_key_ids_cost_the_issuer_one_request_in_five_seconds()
    {
        for (var second = 0; second < 20; second++)
        {
            for (var i = 0; i < 10; i++)
            {
                var kid = $"invented-{second}-{i}";
                Assert.Equal(TokenOutcome.UnknownKey, await Workshop.Outcome(Workshop.Token(null, header => header["kid"] = kid)));
            }

            Workshop.Clock.Now += TimeSpan.FromSeconds(1);
        }

        Assert.Equal(4, Server.Asked);
    }

    [Fact]
    public async Task While_the_issuer_is_down_the_keys_that_are_known_count_and_it_is_asked_again_soon()
    {
        Assert.Equal(TokenOutcome.Valid, await Workshop.Outcome(Workshop.Token()));
        Func<HttpContext, Task>[] ways =
        [
            context => Status(context, 500, Provider.Jwks(Provider.Stranger)),
            context => Status(context, 404, "{}"),
            context => Status(context, 200, "<html>Be right back</html>"),
            context => Status(context, 200, Provider.Jwks(Provider.Stranger) + new string(' ', IssuerKeys.MaxDocument)),
            Redirected,
            context =>
            {
                context.Abort();
                return Task.CompletedTask;
            },
        ];

        Workshop.Clock.Now += IssuerKeys.RefreshEvery;
        foreach (var way in ways)
        {
            var asked = Server.Asked;
            Server.Answers = way;
            await Workshop.Second();
            Assert.Equal(asked + 1, Server.Asked);
            Assert.Equal(TokenOutcome.Valid, await Workshop.Outcome(Workshop.Token($"user-{asked}")));
            Assert.Equal(TokenOutcome.BadSignature, await Workshop.Outcome(Workshop.Token(key: Provider.Stranger)));
            await Workshop.Second();
            Assert.Equal(asked + 1, Server.Asked);
            Workshop.Clock.Now += IssuerKeys.RetryEvery;
        }

        Server.Publish(Provider.Ec);
        await Workshop.Second();
        Assert.Equal(TokenOutcome.Valid, await Workshop.Outcome(Workshop.Token(key: Provider.Ec)));
        Assert.Equal(TokenOutcome.UnknownKey, await Workshop.Outcome(Workshop.Token()));

        // It would be followed to keys that somebody else has made.
        Task Redirected(HttpContext context)
        {
            if (context.Request.Query.Count > 0)
                return Status(context, 200, Provider.Jwks(Provider.Stranger));
            context.Response.Redirect($"{Server.Url}?elsewhere=1");
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task An_issuer_that_never_answers_keeps_nobody_waiting_whose_key_is_known()
    {
        Assert.Equal(TokenOutcome.Valid, await Workshop.Outcome(Workshop.Token()));
        Server.Answers = async context =>
        {
            await context.Response.Body.WriteAsync(Provider.Utf8("{\"keys\":["), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        Workshop.Clock.Now += IssuerKeys.RefreshEvery;
        var fetching = Workshop.Second();

        Assert.Equal(TokenOutcome.Valid, await Workshop.Outcome(Workshop.Token("another")));
        Assert.False(fetching.IsCompleted);

        // Whose key is unknown waits for this one fetch, which has an end, however long it takes by the clock.
        Workshop.Clock.Now += IssuerKeys.RefreshEvery;
        var unknown = await Task.WhenAll(Enumerable.Range(0, 10).Select(at => Workshop.Outcome(Workshop.Token(null, header => header["kid"] = $"invented-{at}"))));
        Assert.All(unknown, outcome => Assert.Equal(TokenOutcome.UnknownKey, outcome));
        Assert.Equal(2, Server.Asked);
    }

    [Fact]
    public async Task An_issuer_that_is_down_from_the_start_is_asked_by_the_first_players()
    {
        Server.Breaks();
        await Workshop.Start();
        Assert.Equal(TokenOutcome.UnknownKey, await Workshop.Outcome(Workshop.Token()));

        Server.Publish(Provider.Rsa);
        Workshop.Clock.Now += IssuerKeys.LookEvery;
        Assert.Equal(TokenOutcome.Valid, await Workshop.Outcome(Workshop.Token()));
    }

    [Fact]
    public async Task An_issuer_that_withdraws_all_its_keys_is_believed_in_that_too()
    {
        var token = Workshop.Token();
        Assert.Equal(TokenOutcome.Valid, await Workshop.Outcome(token));

        Server.Publish();
        Workshop.Clock.Now += IssuerKeys.RefreshEvery;
        await Workshop.Second();

        Assert.Equal(TokenOutcome.UnknownKey, await Workshop.Outcome(token));
    }

    [Fact]
    public async Task A_file_is_read_again_when_it_changes_and_a_bad_or_missing_one_changes_nothing()
    {
        await using var workshop = new IssuerWorkshop();
        await workshop.Start();
        var (rsa, ec) = (workshop.Token(key: Provider.Rsa), workshop.Token(key: Provider.Ec));
        Assert.Equal(TokenOutcome.Valid, await workshop.Outcome(rsa));

        workshop.Publish(Provider.Ec);
        await workshop.Second();
        Assert.Equal(TokenOutcome.UnknownKey, await workshop.Outcome(rsa));
        Assert.Equal(TokenOutcome.Valid, await workshop.Outcome(ec));

        await File.WriteAllTextAsync(workshop.File, "{\"keys\":[", TestContext.Current.CancellationToken);
        await workshop.Second();
        Assert.Equal(TokenOutcome.Valid, await workshop.Outcome(ec));

        File.Delete(workshop.File);
        await workshop.Second();
        Assert.Equal(TokenOutcome.Valid, await workshop.Outcome(ec));

        // What is written at the same moment and has the same length is another document all the same.
        workshop.Publish(Provider.Rsa);
        await workshop.Second();
        Assert.Equal(TokenOutcome.Valid, await workshop.Outcome(rsa));
        Assert.Equal(TokenOutcome.UnknownKey, await workshop.Outcome(ec));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nonsense")]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"oct","k":"AyM1"}]}""")]
    public async Task Laurel_does_not_start_with_a_file_that_holds_no_keys(string? content)
    {
        await using var workshop = new IssuerWorkshop();
        File.Delete(workshop.File);
        if (content is not null)
            await File.WriteAllTextAsync(workshop.File, content, TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<StartupException>(workshop.Start);
        Assert.Contains(workshop.File, refused.Message, StringComparison.Ordinal);
    }

    private static Task Status(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.ContentLength = Provider.Utf8(body).Length;
        return context.Response.WriteAsync(body);
    }
}
