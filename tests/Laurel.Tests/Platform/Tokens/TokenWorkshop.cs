using System.Buffers.Text;
using System.Text;
using Laurel.Platform.Tokens;

namespace Laurel.Tests.Platform.Tokens;

/// <summary>An issuer and a verifier that trust each other, a clock that stands still, and the means to forge.</summary>
internal sealed class TokenWorkshop
{
    public const string Issuer = "https://laurel.test";
    public const string Audience = "laurel";

    // Making a key costs a tenth of a second, and no test minds sharing these.
    public static readonly SigningKey Key = SigningKey.Create();
    public static readonly SigningKey OtherKey = SigningKey.Create();

    public TokenWorkshop(int capacity = TokenVerifier.GenerationCapacity) => Verifier =
        new TokenVerifier(Issuer, Audience, () => Keys, Clock) { Remembered = new VerifiedTokens(capacity) };

    public StoppedClock Clock { get; } = new();

    public KeySet Keys { get; set; } = new([Key.Public]);

    public TokenSigner Signer { get; } = new(Issuer, Audience);

    public TokenVerifier Verifier { get; }

    public long Now => Clock.Now.ToUnixTimeSeconds();

    public string Header => Head("RS256", "at+jwt", Key.Kid);

    public string Payload =>
        $$"""{"iss":"{{Issuer}}","aud":"{{Audience}}","sub":"ada","iat":{{Now}},"exp":{{Now + 600}},"jti":"t1","sid":"s1","role":"USER"}""";

    public static string Head(string algorithm, string type, string kid) => $$"""{"alg":"{{algorithm}}","typ":"{{type}}","kid":"{{kid}}"}""";

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static string Forge(string header, string payload, SigningKey? key = null)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Base64Url.EncodeToString((key ?? Key).Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public Identity Player(string subject = "ada") => new()
    {
        Subject = subject,
        Role = "USER",
        SessionId = "s1",
        IssuedAt = Clock.Now,
        ExpiresAt = Clock.Now.AddMinutes(10),
    };

    public string Token(string subject = "ada") => Signer.Sign(Player(subject), Key);

    public TokenOutcome Outcome(string token)
    {
        var identity = Verifier.Verify(token, out var outcome);
        Assert.Equal(outcome is TokenOutcome.Valid, identity is not null);
        return outcome;
    }
}

internal sealed class StoppedClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
