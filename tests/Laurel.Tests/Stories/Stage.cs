using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Stories;

/// <summary>What stories have in common: days that pass, and the game beside them.</summary>
internal static class Stage
{
    private static readonly TimeSpan Seoul = TimeSpan.FromHours(9);

    /// <summary>Puts the clock forward to noon in Seoul, so that no midnight falls into a step.</summary>
    public static void ItIsNoon(this LaurelApp app)
    {
        var now = app.Clock.GetUtcNow().ToOffset(Seoul);
        var noon = new DateTimeOffset(now.Date.AddHours(12), Seoul);
        app.Clock.Advance((noon > now ? noon : noon.AddDays(1)) - now);
    }

    public static void ADayPasses(this LaurelApp app) => app.Clock.Advance(TimeSpan.FromDays(1));

    /// <summary>A draft that began this morning and goes on for so many days.</summary>
    public static DraftEvent FromToday(this LaurelApp app, int days, object condition)
    {
        var midnight = new DateTimeOffset(app.Clock.GetUtcNow().ToOffset(Seoul).Date, Seoul);
        return new DraftEvent(midnight, midnight.AddDays(days), condition);
    }

    /// <summary>The game's server, with an account that an admin has made for it.</summary>
    public static async Task<Api> Game(this LaurelApp app, params string[] scopes)
    {
        var admin = (await app.SignedIn(Role.Admin)).Api;
        var made = (await admin.Post("/v1/service-accounts", new { name = $"game {Playing.NewPerson()}", scopes })).Is(201);
        var token = await app.Anonymous.Send(HttpMethod.Post, "/v1/auth/token", new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"), new("client_id", made.Field("clientId")), new("client_secret", made.Field("clientSecret")),
        ]));
        return app.Anonymous.As(token.Is(200).Field("access_token"));
    }
}
