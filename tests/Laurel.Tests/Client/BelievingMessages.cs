using System.Security.Cryptography;
using System.Text;
using Laurel.Client;

namespace Laurel.Tests.Client;

/// <summary>Which messages to a webhook are believed.</summary>
public sealed class BelievingMessages
{
    // As published with the libraries of Standard Webhooks.
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const string Body = """{"test": 2432232314}""";
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    private const long Seconds = 1_614_265_330;

    private static readonly string Another = $"whsec_{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}";

    [Fact]
    public void The_published_message_is_genuine() => Assert.Equal(WebhookVerdict.Genuine, Judge());

    [Theory]
    [InlineData("v1,AAAA " + Signature)]
    [InlineData(Signature + " v1,")]
    [InlineData("v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg== " + Signature)]
    [InlineData("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= " + Signature)]
    public void One_good_signature_is_enough(string signatures) => Assert.Equal(WebhookVerdict.Genuine, Judge(signatures: signatures));

    [Theory]
    [InlineData("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=")]
    [InlineData("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ")]
    [InlineData("v1,")]
    [InlineData(" ")]
    [InlineData("v1,not base64")]
    [InlineData("V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    public void Without_one_it_is_not_believed(string signatures) => Assert.Equal(WebhookVerdict.WrongSignature, Judge(signatures: signatures));

    [Fact]
    public void What_was_changed_is_not_believed()
    {
        Assert.Equal(WebhookVerdict.WrongSignature, Judge(body: """{"test": 2432232315}"""));
        Assert.Equal(WebhookVerdict.WrongSignature, Judge(id: "msg_other"));
        Assert.Equal(WebhookVerdict.WrongSignature, Judge(timestamp: $"{Seconds + 1}"));
    }

    [Theory]
    [InlineData(-300, WebhookVerdict.Genuine)]
    [InlineData(300, WebhookVerdict.Genuine)]
    [InlineData(-301, WebhookVerdict.TooNew)]
    [InlineData(301, WebhookVerdict.TooOld)]
    [InlineData(360, WebhookVerdict.TooOld)]
    public void It_is_believed_for_five_minutes(long age, WebhookVerdict verdict) => Assert.Equal(verdict, Judge(age: age));

    [Theory]
    [InlineData(null, "1", "v1,a")]
    [InlineData("a", null, "v1,a")]
    [InlineData("a", "1", null)]
    [InlineData("", "", "")]
    public void It_has_three_headers(string? id, string? timestamp, string? signatures) =>
        Assert.Equal(WebhookVerdict.HeadersMissing, new WebhookVerifier(Secret).Judge(id, timestamp, signatures, []));

    [Theory]
    [InlineData("-1614265330")]
    [InlineData("1614265330.5")]
    [InlineData(" 1614265330")]
    [InlineData("9223372036854775807")]
    [InlineData("99999999999999999999")]
    [InlineData("now")]
    public void Its_time_is_a_number_of_seconds(string timestamp) => Assert.Equal(WebhookVerdict.TimestampUnreadable, Judge(timestamp: timestamp));

    [Fact]
    public void While_secrets_rotate_either_is_believed()
    {
        Assert.Equal(WebhookVerdict.Genuine, Judge(secrets: [Another, Secret]));
        Assert.Equal(WebhookVerdict.Genuine, Judge(secrets: [Secret, Another]));
        Assert.Equal(WebhookVerdict.Genuine, Judge(secrets: [Secret["whsec_".Length..]]));
        Assert.Equal(WebhookVerdict.WrongSignature, Judge(secrets: [Another]));
    }

    [Fact]
    public void A_secret_is_base64()
    {
        Assert.DoesNotContain("secret!", Assert.Throws<ArgumentException>(() => new WebhookVerifier("whsec_secret!")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new WebhookVerifier("whsec_"));
        Assert.Throws<ArgumentException>(() => new WebhookVerifier(""));
        Assert.Throws<ArgumentException>(() => new WebhookVerifier([]));
    }

    [Fact]
    public void Contents_of_every_kind_are_read_and_what_is_not_known_is_kept()
    {
        var message = Read(
            """
            {"type":"reward.granted","timestamp":"2026-11-21T10:00:00.000Z","new":1,"data":{"deliveryId":"01a1f987-28a1-7d54-b784-918329519ed0",
             "claimId":"01a1f987-28a1-7d54-b784-918329519ed1","userId":"미나","eventId":"01a1f987-28a1-7d54-b784-918329519ed2",
             "offerId":"01a1f987-28a1-7d54-b784-918329519ed3","rewardId":"01a1f987-28a1-7d54-b784-918329519ed4","rewardName":"Pack",
             "window":"2026-11-21","claimedAt":"2026-11-21T09:59:00.000Z","lease":"01a1f987-28a1-7d54-b784-918329519ed5","contents":[
             {"type":"points","amount":9007199254740991},{"quantity":2,"itemId":"potion","name":"Potion","type":"item"},{"type":"coupon","pool":"p","code":"C-1"},
             {"type":"coupon","pool":"p"},{"type":"badge","badgeId":"b"},{"type":"custom","data":{"a":[1]}},{"type":"pet","petId":"cat"}]}}
            """);

        Assert.Equal(new DateOnly(2026, 11, 21), message.Window);
        var delivery = message.Delivery!;
        Assert.Equal((DeliveryType.Granted, "미나"), (delivery.Type, delivery.UserId));
        Assert.Equal(
            [new PointsContent(9_007_199_254_740_991), new ItemContent("potion", "Potion", 2), new CouponContent("p", "C-1"), new CouponContent("p"), new BadgeContent("b")],
            delivery.Contents.Take(5));
        Assert.Equal("[1]", Assert.IsType<CustomContent>(delivery.Contents[5]).Data.GetProperty("a").GetRawText());
        Assert.Equal("pet", Assert.IsType<UnknownContent>(delivery.Contents[6]).Type);
    }

    [Fact]
    public void A_message_about_no_reward_is_read_too()
    {
        Assert.Null(Read("""{"type":"webhook.test","timestamp":"2026-11-21T10:00:00.000Z"}""").Delivery);
        Assert.Equal("stock.low", Read("""{"type":"stock.low","timestamp":"2026-11-21T10:00:00.000Z","data":[1]}""").Type);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"type":"reward.granted","timestamp":"2026-11-21T10:00:00.000Z"}""")]
    [InlineData("""{"type":"reward.granted","timestamp":"2026-11-21T10:00:00.000Z","data":{}}""")]
    [InlineData("""{"type":"reward.granted","timestamp":"2026-11-21T10:00:00.000Z","data":null}""")]
    [InlineData("""{"type":"reward.granted","timestamp":"yesterday","data":{}}""")]
    [InlineData("""{"timestamp":"2026-11-21T10:00:00.000Z"}""")]
    public void What_is_signed_and_not_understood_is_said_so(string body) =>
        Assert.Equal(WebhookVerdict.Genuine, Assert.Throws<WebhookException>(() => Read(body)).Verdict);

    [Fact]
    public void What_is_not_genuine_is_not_read()
    {
        var refused = Assert.Throws<WebhookException>(() => new WebhookVerifier(Secret).Read(_ => null, "{}"u8));
        Assert.Equal(WebhookVerdict.HeadersMissing, refused.Verdict);
    }

    private static WebhookVerdict Judge(
        string id = Id, string? timestamp = null, string signatures = Signature, string body = Body, long age = 0, IEnumerable<string>? secrets = null) =>
        new WebhookVerifier(secrets ?? [Secret], new Standing(DateTimeOffset.FromUnixTimeSeconds(Seconds + age)))
            .Judge(id, timestamp ?? $"{Seconds}", signatures, Encoding.UTF8.GetBytes(body));

    private static WebhookMessage Read(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var key = Convert.FromBase64String(Secret["whsec_".Length..]);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Id}.{Seconds}.{body}")));
        return new WebhookVerifier([Secret], new Standing(DateTimeOffset.FromUnixTimeSeconds(Seconds))).Read(
            name => name switch { "webhook-id" => Id, "webhook-timestamp" => $"{Seconds}", "webhook-signature" => $"v1,{signature}", _ => null }, bytes);
    }

    private sealed class Standing(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
