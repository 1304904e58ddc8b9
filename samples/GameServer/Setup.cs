using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GameServer;

/// <summary>What an administrator of Laurel does once for a game: a service account, an event with a reward, and a webhook if it is to be one.</summary>
internal static class Setup
{
    private static readonly string[] Scopes = ["activities:write", "deliveries:write"];

    public static async Task<int> Run(IConfiguration options, string folder)
    {
        if (options["LAUREL_PASSWORD"] is not { } password)
        {
            await Console.Error.WriteLineAsync("Give the password of Laurel's admin in LAUREL_PASSWORD.");
            return 1;
        }

        var address = new Uri(options["Laurel"] ?? "http://localhost:8080");
        using var laurel = new HttpClient { BaseAddress = address };
        try
        {
            var login = await Post(laurel, "/v1/auth/login", new { email = options["Email"] ?? "admin@laurel.local", password });
            laurel.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)login["accessToken"]!);
            var account = await Post(laurel, "/v1/service-accounts", new
            {
                name = $"Sample game server {TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}",
                scopes = Scopes,
            });
            var secret = options["Webhook"] is { } url ? (string?)(await Post(laurel, "/v1/webhooks", new { url }))["secret"] : null;
            await MakeEvent(laurel);
            new Settings(address, (string)account["clientId"]!, (string)account["clientSecret"]!, secret).Write(folder);
        }
        catch (HttpRequestException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }

        Console.WriteLine($"Laurel knows this game now. Who kills three monsters is given five red potions. Settings: {folder}");
        return 0;
    }

    private static async Task MakeEvent(HttpClient laurel)
    {
        var reward = await Post(laurel, "/v1/rewards", new
        {
            name = "Potions",
            contents = new object[] { new { type = "item", itemId = "potion_red", name = "Red potion", quantity = 5 } },
        });
        var now = TimeProvider.System.GetUtcNow();
        var hunt = await Post(laurel, "/v1/events", new
        {
            title = "Three monsters",
            description = "Of any kind.",
            startsAt = now.AddHours(-1),
            endsAt = now.AddDays(30),
            timeZone = "UTC",
            condition = new { type = "count", activity = "monster_killed", atLeast = 3 },
            // Nobody has to ask for it.
            offers = new[] { new { rewardId = (string)reward["id"]!, autoClaim = true } },
        });
        await Send(laurel, HttpMethod.Patch, $"/v1/events/{hunt["id"]}/status", new { status = "active" });
    }

    private static Task<JsonNode> Post(HttpClient laurel, string path, object body) => Send(laurel, HttpMethod.Post, path, body);

    private static async Task<JsonNode> Send(HttpClient laurel, HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body, options: JsonSerializerOptions.Web) };
        using var response = await laurel.SendAsync(request);
        var answer = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(answer)!
            : throw new HttpRequestException($"{method} {path} was answered with {(int)response.StatusCode}: {answer}");
    }
}
