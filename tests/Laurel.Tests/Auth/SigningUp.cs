using Laurel.Tests.Support;

namespace Laurel.Tests.Auth;

public sealed class SigningUp(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task A_new_account_is_a_user()
    {
        var answer = (await app.Anonymous.Post("/v1/auth/signup", new { email = "Ann@Example.com", password = "correct horse 12", nickname = "앤" })).Is(201);

        Assert.Equal("USER", answer.Field("role"));
        Assert.Equal("앤", answer.Field("nickname"));
        Assert.Equal("Ann@Example.com", answer.Field("email"));
    }
}
