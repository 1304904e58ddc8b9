using Laurel.Tests.Support;

namespace Laurel.Tests.Auth;

public sealed class SigningUp(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task A_new_account_is_a_user()
    {
        var answer = (await SignUp("Ann@Example.com", nickname: "앤")).Is(201);

        Assert.Equal("USER", answer.Field("role"));
        Assert.Equal("앤", answer.Field("nickname"));
        Assert.Equal("Ann@Example.com", answer.Field("email"));
    }

    [Fact]
    public async Task An_email_is_one_account_in_any_letter_case()
    {
        (await SignUp("case@example.com")).Is(201);
        (await SignUp("CASE@Example.COM")).Refused(409, "email_taken");
    }

    [Fact]
    public async Task Of_many_sign_ups_at_once_with_one_email_one_succeeds()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SignUp("rush@example.com")));

        Assert.Single(answers, answer => answer.Status == 201);
        Assert.All(answers.Where(answer => answer.Status != 201), answer => answer.Refused(409, "email_taken"));
    }

    [Fact]
    public async Task An_email_is_available_until_somebody_has_it()
    {
        Assert.Equal("true", (await app.Anonymous.Get("/v1/auth/email-availability?email=free@example.com")).Is(200).Field("available"));
        (await SignUp("free@example.com")).Is(201);
        Assert.Equal("false", (await app.Anonymous.Get("/v1/auth/email-availability?email=FREE@example.com")).Is(200).Field("available"));
        (await app.Anonymous.Get("/v1/auth/email-availability?email=nonsense")).Refused(422, "rule_broken").Because("email", "email_invalid");
        (await app.Anonymous.Get("/v1/auth/email-availability")).Refused(400, "bad_query");
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("two words@example.com")]
    [InlineData("@example.com")]
    [InlineData("a@b")]
    [InlineData("a@@example.com")]
    [InlineData("a..b@example.com")]
    [InlineData(".a@example.com")]
    [InlineData("a@-example.com")]
    [InlineData("a@example..com")]
    [InlineData("á@example.com")]
    [InlineData("a\t@example.com")]
    [InlineData("")]
    public async Task What_is_no_email_is_refused(string email) =>
        (await SignUp(email)).Refused(422, "rule_broken").Because("email", "email_invalid");

    [Fact]
    public async Task An_email_of_300_characters_is_refused() =>
        (await SignUp(new string('a', 60) + "@" + string.Join('.', Enumerable.Repeat(new string('b', 59), 4)))).Refused(422, "rule_broken").Because("email", "email_invalid");

    [Theory]
    [InlineData("", "length")]
    [InlineData("line\nbreak", "invisible_characters")]
    [InlineData("escape\u001b[31m", "invisible_characters")]
    [InlineData(" padded ", "invisible_characters")]
    [InlineData("left\u202Eright", "invisible_characters")]
    [InlineData("\u200D", "invisible_characters")]
    [InlineData("a\u200D\u200Db", "invisible_characters")]
    [InlineData("\u3164", "invisible_characters")]
    [InlineData("a\uFFA0", "invisible_characters")]
    [InlineData("\u2800", "invisible_characters")]
    [InlineData("\u0301", "invisible_characters")]
    public async Task A_nickname_that_cannot_be_read_is_refused(string nickname, string code) =>
        (await SignUp("nick@example.com", nickname: nickname)).Refused(422, "rule_broken").Because("nickname", code);

    [Fact]
    public async Task A_nickname_of_10_000_characters_is_refused() =>
        (await SignUp("nick@example.com", nickname: new string('n', 10_000))).Refused(422, "rule_broken").Because("nickname", "length");

    [Theory]
    [InlineData("family 👨‍👩‍👧‍👦")]
    [InlineData("길동 홍")]
    [InlineData("a")]
    public async Task A_nickname_may_be_of_any_script(string nickname) =>
        (await SignUp($"{Guid.CreateVersion7(app.Clock.GetUtcNow()):N}@example.com", nickname: nickname)).Is(201);

    [Fact]
    public async Task A_role_cannot_be_asked_for() =>
        (await app.Anonymous.Post("/v1/auth/signup", new { email = "boss@example.com", password = "correct horse 12", nickname = "Boss", role = "ADMIN" }))
            .Refused(400, "malformed_body")
            .Because("role", "unknown_field");

    [Fact]
    public async Task All_broken_rules_are_named_at_once() =>
        (await SignUp("nobody", password: "short", nickname: ""))
            .Refused(422, "rule_broken")
            .Because("email", "email_invalid")
            .Because("password", "password_too_short")
            .Because("nickname", "length");

    private Task<Answer> SignUp(string email, string password = "correct horse 12", string nickname = "Somebody") =>
        app.Anonymous.Post("/v1/auth/signup", new { email, password, nickname });
}
