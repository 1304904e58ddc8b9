using Laurel.Auth.Passwords;

namespace Laurel.Tests.Auth;

public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("ninechars", "password_too_short")]
    [InlineData("👍👍👍👍👍", "password_too_short")]
    [InlineData("password123", "password_common")]
    [InlineData("P@ssw0rd!!", "password_common")]
    [InlineData("Passw0rd2026", "password_common")]
    [InlineData("1234567890", "password_common")]
    [InlineData("0987654321", "password_common")]
    [InlineData("qwertyuiop", "password_common")]
    [InlineData("qwerty12345", "password_common")]
    [InlineData("1q2w3e4r5t", "password_common")]
    [InlineData("iloveyou99", "password_common")]
    [InlineData("aaaaaaaaaaaa", "password_common")]
    [InlineData("abcabcabcabc", "password_common")]
    [InlineData("abcdefghijklmn", "password_common")]
    [InlineData("monkeymonkey1", "password_common")]
    [InlineData("dragonmaster", "password_common")]
    [InlineData("dkssudgktpdy", "password_common")]
    [InlineData("sesame-tree-1", null)]
    [InlineData("correct horse battery", null)]
    [InlineData("8273645190", null)]
    [InlineData("가나다라마바사아자차", null)]
    [InlineData("annika1990", "password_personal")]
    public void A_password_is_judged(string password, string? code) =>
        Assert.Equal(code, PasswordRules.Check("password", password, "annika1990")?.Code);

    [Fact]
    public void Two_hundred_and_fifty_six_bytes_are_the_most()
    {
        var long256 = string.Concat(Enumerable.Range(0, 64).Select(at => $"{at:D2}x-"));

        Assert.Null(PasswordRules.Check("password", long256));
        Assert.Equal("password_too_long", PasswordRules.Check("password", long256 + "y")?.Code);
    }
}
