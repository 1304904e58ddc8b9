using Laurel.Tests.Support;

namespace Laurel.Tests.Auth;

/// <summary>
/// Whatever is sent in whatever order, a session does what a model of ten lines says: two tokens count (the newest, and for ten seconds
/// the one before it, whose answer may have been lost), any other one that ever counted ends it.
/// </summary>
public sealed class RefreshModel(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const int Sessions = 60;
    private const int Steps = 40;

    // No sum of them is the grace itself: to the tick, either answer would do.
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(11), TimeSpan.FromDays(16)];

    [Fact]
    public async Task Every_answer_is_the_model_s()
    {
        var dice = Dice.Thrown();
        for (var session = 0; session < Sessions; session++)
        {
            var somebody = await app.SignedIn();
            var (model, history) = (new Model(somebody.RefreshToken, app.Clock.GetUtcNow()), new List<string>());
            for (var step = 0; step < Steps; step++)
            {
                if (await Take(dice, model, history) is { } wrong)
                    Assert.Fail($"seed {dice.Seed}, session {session}: {wrong}\n{string.Join('\n', history)}");
            }
        }
    }

    /// <summary>What differs from the model; null: nothing.</summary>
    private async Task<string?> Take(Dice dice, Model model, List<string> history)
    {
        var throws = dice.Next(20);
        if (throws < 4)
        {
            // Half a lifetime is rare.
            var pause = Pauses[throws == 0 ? dice.Next(3) : dice.Next(2)];
            app.Clock.Advance(pause);
            history.Add($"wait {pause}");
            return null;
        }

        // Mostly the newest tokens: those are where the cases are.
        var token = model.Issued[Math.Max(0, model.Issued.Count - 1 - Math.Min(dice.Next(4), dice.Next(4)))];
        var number = model.Issued.IndexOf(token);
        if (throws == 4)
        {
            history.Add($"log out with {number}");
            (await app.Anonymous.Post("/v1/auth/logout", new { refreshToken = token })).Is(204);
            model.End();
            return null;
        }

        var expected = model.Refresh(token, app.Clock.GetUtcNow());
        var answer = await app.Anonymous.Post("/v1/auth/refresh", new { refreshToken = token });
        history.Add($"refresh with {number}: {answer.Status}, expected {expected}");
        if (expected == Expected.Refused)
        {
            answer.Refused(401, "invalid_refresh_token");
            return null;
        }

        var successor = answer.Is(200).Field("refreshToken");
        if (expected == Expected.Again)
            return successor == model.Issued[^1] ? null : "another successor than the lost one was given";
        if (model.Issued.Contains(successor))
            return "a token was given twice";
        model.Issued.Add(successor);
        return (await app.Anonymous.As(answer.Field("accessToken")).Get("/v1/me")).Status == 200 ? null : "the new access token does not count";
    }

    private enum Expected
    {
        Refused,
        Again,
        Next,
    }

    private sealed class Model(string first, DateTimeOffset opened)
    {
        private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);
        private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
        private DateTimeOffset _refreshed = opened;
        private bool _ended;

        public List<string> Issued { get; } = [first];

        public void End() => _ended = true;

        public Expected Refresh(string token, DateTimeOffset now)
        {
            _ended |= now >= _refreshed + Lifetime;
            if (_ended)
                return Expected.Refused;
            var age = Issued.Count - 1 - Issued.IndexOf(token);
            if (age == 0)
            {
                _refreshed = now;
                return Expected.Next;
            }

            if (age == 1 && now <= _refreshed + Grace)
                return Expected.Again;
            _ended = true;
            return Expected.Refused;
        }
    }
}
