using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Laurel.Platform.Tokens;

namespace Laurel.Tests.Platform.Tokens;

public sealed class TokenLaws
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(1_000);

    private static readonly Gen<string> Text =
        from text in ArbMap.Default.GeneratorFor<NonNull<string>>()
        let valid = string.Concat(text.Get.EnumerateRunes())
        where valid.Length is > 0 and <= 128
        select valid;

    private static readonly Gen<string> Scope = Gen.Elements("activities:write", "deliveries:write", "points:write", "!", "~#[]");

    private static readonly Gen<Identity> Anyone =
        from subject in Text
        from role in Gen.Elements("USER", "ADMIN", null)
        from session in Gen.OneOf(Text.Select(string? (text) => text), Gen.Constant<string?>(null))
        from scopes in Scope.ListOf()
        from age in Gen.Choose(0, 300)
        from life in Gen.Choose(301, 100_000)
        let issued = new StoppedClock().Now.AddSeconds(-age)
        select new Identity
        {
            Subject = subject,
            Role = role,
            SessionId = session,
            Scopes = [.. scopes],
            IssuedAt = issued,
            ExpiresAt = issued.AddSeconds(life),
        };

    private readonly TokenWorkshop _workshop = new();

    [Fact]
    public void Whoever_is_signed_for_comes_back()
    {
        Prop.ForAll(Anyone.ToArbitrary(), identity =>
        {
            var token = _workshop.Signer.Sign(identity, TokenWorkshop.Key);
            var back = _workshop.Verifier.Verify(token, out _);
            return back is not null
                && back.Scopes.SequenceEqual(identity.Scopes)
                && back with { Scopes = identity.Scopes } == identity;
        }).Check(Config);
    }

    [Fact]
    public void A_token_with_one_character_changed_added_or_removed_is_refused()
    {
        var changes =
            from identity in Anyone
            from place in Gen.Choose(0, 10_000)
            from character in Gen.OneOf(Gen.Elements(Alphabet.ToCharArray()), Gen.Elements('.', '=', ' ', '\0', '+', '/', '\u0100', '\ud800'))
            from change in Gen.Elements("replace", "insert", "remove")
            select (identity, place, character, change);

        Prop.ForAll(changes.ToArbitrary(), it =>
        {
            var token = _workshop.Signer.Sign(it.identity, TokenWorkshop.Key);
            Assert.Equal(TokenOutcome.Valid, _workshop.Outcome(token));

            var place = it.place % token.Length;
            var changed = it.change switch
            {
                "replace" => token.Remove(place, 1).Insert(place, it.character.ToString(CultureInfo.InvariantCulture)),
                "insert" => token.Insert(place, it.character.ToString(CultureInfo.InvariantCulture)),
                _ => token.Remove(place, 1),
            };
            return changed == token || _workshop.Outcome(changed) is not TokenOutcome.Valid;
        }).Check(Config);
    }

    [Fact]
    public void No_text_makes_the_verifier_throw()
    {
        var junk =
            from header in ArbMap.Default.GeneratorFor<string?>()
            from payload in ArbMap.Default.GeneratorFor<string?>()
            from signature in ArbMap.Default.GeneratorFor<byte[]>()
            from encoded in Gen.Elements(true, false)
            select encoded
                ? $"{TokenWorkshop.Encode(header ?? "")}.{TokenWorkshop.Encode(payload ?? "")}.{Convert.ToHexString(signature)}"
                : $"{header}.{payload}.{signature}";

        Prop.ForAll(junk.ToArbitrary(), token => _workshop.Outcome(token) is not TokenOutcome.Valid).Check(Config);
    }

    public static TheoryData<string, Func<Identity, Identity>> Unfaithful => new()
    {
        { "no subject", identity => identity with { Subject = "" } },
        { "half a surrogate pair", identity => identity with { Subject = "\ud800" } },
        { "an empty role", identity => identity with { Role = "" } },
        { "an empty session", identity => identity with { SessionId = "" } },
        { "a scope that would be two", identity => identity with { Scopes = ["a b"] } },
        { "an empty scope", identity => identity with { Scopes = [""] } },
        { "no life", identity => identity with { ExpiresAt = identity.IssuedAt } },
        { "less than a second of life", identity => identity with { ExpiresAt = identity.IssuedAt.AddMilliseconds(999) } },
        { "a birth before all time", identity => identity with { IssuedAt = DateTimeOffset.UnixEpoch.AddSeconds(-1) } },
        { "more than a token holds", identity => identity with { Subject = new string('x', 6_000) } },
    };

    [Theory]
    [MemberData(nameof(Unfaithful))]
    public void What_would_not_come_back_is_not_signed(string what, Func<Identity, Identity> spoil)
    {
        Assert.NotEmpty(what);
        Assert.ThrowsAny<ArgumentException>(() => _workshop.Signer.Sign(spoil(_workshop.Player()), TokenWorkshop.Key));
    }

    [Fact]
    public void Two_tokens_for_the_same_identity_differ()
    {
        Assert.NotEqual(_workshop.Token(), _workshop.Token());
    }
}
