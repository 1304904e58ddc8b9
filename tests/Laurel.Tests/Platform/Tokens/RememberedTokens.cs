using Laurel.Platform.Tokens;

namespace Laurel.Tests.Platform.Tokens;

public sealed class RememberedTokens
{
    private readonly TokenWorkshop _workshop = new(capacity: 4);

    [Fact]
    public void A_hit_gives_the_same_identity_and_allocates_nothing()
    {
        var token = _workshop.Token();
        var first = _workshop.Verifier.Verify(token, out _);
        Assert.Same(first, _workshop.Verifier.Verify(token, out _));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            _workshop.Verifier.Verify(token, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_remembered_token_expires()
    {
        var token = _workshop.Token();
        Assert.Equal(TokenOutcome.Valid, _workshop.Outcome(token));

        _workshop.Clock.Now += TimeSpan.FromSeconds(629.9);
        Assert.Equal(TokenOutcome.Valid, _workshop.Outcome(token));
        _workshop.Clock.Now += TimeSpan.FromSeconds(0.1);
        Assert.Equal(TokenOutcome.Expired, _workshop.Outcome(token));
    }

    [Fact]
    public void A_remembered_token_dies_with_its_key()
    {
        var token = _workshop.Token();
        Assert.Equal(TokenOutcome.Valid, _workshop.Outcome(token));

        _workshop.Keys = new KeySet([TokenWorkshop.OtherKey.Public]);
        Assert.Equal(TokenOutcome.UnknownKey, _workshop.Outcome(token));
    }

    [Fact]
    public void A_remembered_token_survives_a_rotation_that_keeps_its_key()
    {
        var token = _workshop.Token();
        var first = _workshop.Verifier.Verify(token, out _);

        var sameKey = SigningKey.ImportPkcs8(TokenWorkshop.Key.ExportPkcs8());
        _workshop.Keys = new KeySet([TokenWorkshop.OtherKey.Public, sameKey.Public]);

        Assert.Same(first, _workshop.Verifier.Verify(token, out _));
    }

    [Fact]
    public void A_flood_of_valid_tokens_stays_within_two_generations()
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(TokenOutcome.Valid, _workshop.Outcome(_workshop.Token($"user-{i}")));
            Assert.InRange(_workshop.Verifier.Remembered.Count, 1, 8);
        }
    }

    [Fact]
    public void A_token_in_use_outlives_a_flood_of_others()
    {
        var token = _workshop.Token();
        var first = _workshop.Verifier.Verify(token, out _);

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(TokenOutcome.Valid, _workshop.Outcome(_workshop.Token($"user-{i}")));
            Assert.Same(first, _workshop.Verifier.Verify(token, out _));
        }
    }

    [Fact]
    public void What_was_refused_is_not_remembered()
    {
        var good = _workshop.Token();
        var expired = TokenWorkshop.Forge(_workshop.Header, _workshop.Payload.Replace($"\"exp\":{_workshop.Now + 600}", "\"exp\":2", StringComparison.Ordinal)
            .Replace($"\"iat\":{_workshop.Now}", "\"iat\":1", StringComparison.Ordinal));
        var early = TokenWorkshop.Forge(_workshop.Header, _workshop.Payload.Replace("\"sid\":", $"\"nbf\":{_workshop.Now + 60},\"sid\":", StringComparison.Ordinal));

        Assert.Equal(TokenOutcome.Expired, _workshop.Outcome(expired));
        Assert.Equal(TokenOutcome.NotYetValid, _workshop.Outcome(early));
        Assert.Equal(TokenOutcome.BadSignature, _workshop.Outcome(TokenWorkshop.Forge(_workshop.Header, _workshop.Payload, TokenWorkshop.OtherKey)));
        Assert.NotEqual(TokenOutcome.Valid, _workshop.Outcome(good[..^2]));

        Assert.Equal(0, _workshop.Verifier.Remembered.Count);
    }

    [Fact]
    public async Task Many_threads_sign_and_verify_with_the_same_keys_while_keys_are_rotated()
    {
        var tokens = Enumerable.Range(0, 16).Select(i => _workshop.Token($"user-{i}")).ToArray();
        var bad = TokenWorkshop.Forge(_workshop.Header, _workshop.Payload, TokenWorkshop.OtherKey);

        var workers = Enumerable.Range(0, 8).Select(worker => Task.Run(
            () =>
            {
                for (var i = 0; i < 300; i++)
                {
                    var user = (worker + i) % tokens.Length;
                    Assert.Equal($"user-{user}", _workshop.Verifier.Verify(tokens[user], out _)?.Subject);
                    Assert.Equal(TokenOutcome.BadSignature, _workshop.Outcome(bad));
                    if (i % 10 == 0)
                        Assert.Equal(TokenOutcome.Valid, _workshop.Outcome(_workshop.Token($"fresh-{worker}-{i}")));
                    _workshop.Keys = i % 2 == 0 ? new KeySet([TokenWorkshop.Key.Public]) : new KeySet([TokenWorkshop.Key.Public, TokenWorkshop.OtherKey.Public]);
                }
            },
            TestContext.Current.CancellationToken));
        await Task.WhenAll(workers);

        Assert.InRange(_workshop.Verifier.Remembered.Count, 1, 8);
    }
}
