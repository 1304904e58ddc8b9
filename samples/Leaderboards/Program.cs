using System.Collections.Concurrent;
using System.Globalization;
using Laurel.Client;

var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration;
settings.AddInMemoryCollection([new("Urls", settings["Urls"] ?? "http://localhost:5090")]);
var app = builder.Build();

// Who may call stands beside each answer, below, once: the gateway is told it, and refuses others before they come here.
var routes = new List<ServiceRoute>();
await using var laurel = new LaurelClient(new LaurelClientOptions
{
    Address = new Uri(settings["Laurel"] ?? "http://localhost:8080"),
    ClientId = settings["CLIENT_ID"] ?? "",
    ClientSecret = settings["CLIENT_SECRET"] ?? "",
});
await using var gateway = new ServiceRegistration(laurel, new ServiceOptions
{
    Name = "leaderboards",
    Prefix = "/leaderboards",
    Address = new Uri(settings["Advertise"] ?? settings["Urls"]!),
    Routes = routes,
    OnRegistered = () => app.Logger.LogInformation("Reached at /leaderboards of the gateway"),
    OnTrouble = trouble => app.Logger.LogWarning("{Trouble}", trouble.Message),
});
gateway.Follow(app.Lifetime.ApplicationStarted, app.Lifetime.ApplicationStopping);

app.MapGet("/health/ready", () => Results.StatusCode(gateway.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable));

var scores = new ConcurrentDictionary<string, long>();
Serve("GET", "/leaderboards/me", "USER", (user, _) =>
{
    var mine = scores.GetValueOrDefault(user.Id);
    return Results.Ok(new { userId = user.Id, role = user.Role, score = mine, rank = 1 + scores.Values.Count(score => score > mine) });
});
Serve("PUT", "/leaderboards/scores/{player}/{score:int}", "OPERATOR", (_, request) =>
{
    scores[(string)request.RouteValues["player"]!] = int.Parse((string)request.RouteValues["score"]!, CultureInfo.InvariantCulture);
    return Results.NoContent();
});
await app.RunAsync();

// Who comes by another way than the gateway is nobody.
void Serve(string method, string path, string role, Func<VerifiedUser, HttpRequest, IResult> answer)
{
    routes.Add(new ServiceRoute(method, path, role));
    app.MapMethods(path, [method], (HttpRequest request) =>
        gateway.User(name => request.Headers[name]) is not { } user ? Results.Unauthorized()
        : user.Has(role) ? answer(user, request)
        : Results.StatusCode(StatusCodes.Status403Forbidden));
}
