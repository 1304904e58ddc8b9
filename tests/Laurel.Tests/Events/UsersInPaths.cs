using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events;

/// <summary>Whose path it is: one and the same user for the web server, who looks for the endpoint, and for the endpoint.</summary>
public sealed class UsersInPaths(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/users/{0}/erasures/{1}", "{0}")]
    [InlineData("/v1/users/{0}%2Fb/erasures/{1}", "{0}/b")]
    [InlineData("/v1/users/{0}%252Fb/erasures/{1}", "{0}%2Fb")]
    [InlineData("/V1/Users/{0}%2Fb/erasures/{1}", "{0}/b")]
    [InlineData("/v1/users/other/../{0}/erasures/{1}", "{0}")]
    [InlineData("/v1/users/other/%2e%2E/{0}%2Fb/erasures/{1}", "{0}/b")]
    [InlineData("/v1/./users/%2e/{0}/erasures/{1}", "{0}")]
    [InlineData("/../v1/users/{0}/erasures/other/../{1}", "{0}")]
    [InlineData("/v1/users/{0}%2F../erasures/{1}?", "{0}/..")]
    [InlineData("/v1/users/.{0}..b/erasures/{1}", ".{0}..b")]
    public async Task It_is_theirs_and_nobody_elses(string template, string expected)
    {
        var (user, erasure) = (Playing.NewUser(), Playing.NewPerson());
        using var http = new HttpClient { BaseAddress = app.Address };
        // As it is written: a client that is not asked to leaves the dots out.
        var asWritten = new Uri(
            $"{app.Address.GetLeftPart(UriPartial.Authority)}{template.Replace("{0}", user, StringComparison.Ordinal).Replace("{1}", $"{erasure}", StringComparison.Ordinal)}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Put, asWritten);
        request.Headers.Authorization = new("Bearer", app.ServiceToken(Scopes.UsersErase));
        using var response = await http.SendAsync(request, Cancellation);

        Assert.Equal(202, (int)response.StatusCode);
        Assert.Equal(
            [expected.Replace("{0}", user, StringComparison.Ordinal)],
            await app.Events.Query("SELECT user_id FROM erasures WHERE id = $1", row => row.GetString(0), [erasure], Cancellation));
    }
}
