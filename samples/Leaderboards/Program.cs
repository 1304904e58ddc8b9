using System.Collections.Concurrent;
using Laurel.Client;

var app = WebApplication.CreateBuilder(args).Build();
var settings = app.Configuration;
var address = settings["Urls"] ?? "http://localhost:5090";
await using var laurel = new LaurelClient(new LaurelClientOptions
{
    Address = new Uri(settings["Laurel"] ?? "http://localhost:8080"),
    ClientId = settings["CLIENT_ID"] ?? "",
    ClientSecret = settings["CLIENT_SECRET"] ?? "",
});
var routes = new List<ServiceRoute>();
await using var gateway = new ServiceRegistration(laurel, new ServiceOptions
{
    Name = "leaderboards",
    Prefix = "/leaderboards",
    Address = new Uri(settings["Advertise"] ?? address),
    Routes = routes,
    OnRegistered = () => app.Logger.LogInformation("Reached at /leaderboards of the gateway"),
    OnTrouble = trouble => app.Logger.LogWarning("{Trouble}", trouble.Message),
});
gateway.Follow(app.Lifetime.ApplicationStarted, app.Lifetime.ApplicationStopping);

var scores = new ConcurrentDictionary<string, long>();
Serve("GET", "/leaderboards/me", "USER", (user, _) =>
    Results.Ok(new { userId = user.Id, role = user.Role, score = scores.GetValueOrDefault(user.Id), rank = 1 + scores.Values.Count(score => score > scores.GetValueOrDefault(user.Id)) }));
Serve("PUT", "/leaderboards/scores/{player}/{score:int}", "OPERATOR", (_, request) =>
    Results.Ok(scores[(string)request.RouteValues["player"]!] = long.Parse((string)request.RouteValues["score"]!)));
app.MapGet("/health/ready", () => Results.StatusCode(gateway.IsReady ? 200 : 503));
await app.RunAsync(settings["Urls"] is null ? address : null);

// Who may call stands here once: the gateway refuses others early, and this service refuses who comes by another way.
void Serve(string method, string path, string role, Func<VerifiedUser, HttpRequest, IResult> answer)
{
    routes.Add(new ServiceRoute(method, path, role));
    app.MapMethods(path, [method], (HttpRequest request) =>
        gateway.User(name => request.Headers[name]) is not { } user ? Results.Unauthorized()
        : user.Has(role) ? answer(user, request)
        : Results.StatusCode(StatusCodes.Status403Forbidden));
}
