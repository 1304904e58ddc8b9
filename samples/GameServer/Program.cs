using GameServer;
using Laurel.Client;

var builder = WebApplication.CreateBuilder(args);
builder.Configuration.AddInMemoryCollection([new("Urls", builder.Configuration["Urls"] ?? "http://localhost:5080")]);
var folder = Directory.CreateDirectory(builder.Configuration["Folder"] ?? ".gameserver").FullName;
if (args is ["setup", ..])
    return await Setup.Run(builder.Configuration, folder);
if (Settings.Read(folder) is not { } settings)
{
    await Console.Error.WriteLineAsync("Laurel does not know this game yet: run it with `setup` first, see README.md.");
    return 1;
}

builder.Services.AddSingleton(new Inventory(Path.Combine(folder, "inventory.jsonl")));
// Made by the container, so that it is also ended by it: the end waits until what was reported is counted.
builder.Services.AddSingleton(services => new LaurelClient(new LaurelClientOptions
{
    Address = settings.Laurel,
    ClientId = settings.ClientId,
    ClientSecret = settings.ClientSecret,
    Activities = new ActivityOptions
    {
        OnRefused = refused => services.GetRequiredService<ILogger<LaurelClient>>().LogWarning("{Activity} was refused: {Code}", refused.Activity, refused.Code),
        OnTrouble = trouble => services.GetRequiredService<ILogger<LaurelClient>>().LogWarning("{Trouble}", trouble.Message),
        OnGivenUp = lost => services.GetRequiredService<ILogger<LaurelClient>>().LogError("{Count} activities were not sent", lost.Activities.Count),
    },
}));
// Where Laurel cannot call the game, the game asks.
if (settings.WebhookSecret is null)
    builder.Services.AddHostedService<Pulling>();

var app = builder.Build();

app.MapPost("/players/{player}/hunts/{monster}", async (string player, string monster, LaurelClient laurel, CancellationToken cancellation) =>
{
    await laurel.Activities.Report(
        new ActivityReport(player, "monster_killed") { Attributes = new Dictionary<string, AttributeValue> { ["monster"] = monster } }, cancellation);
    return Results.Accepted();
});

app.MapGet("/players/{player}/inventory", (string player, Inventory inventory) => inventory.Of(player));

if (settings.WebhookSecret is { } secret)
{
    var verifier = new WebhookVerifier(secret);
    app.MapPost("/laurel", async (HttpRequest request, Inventory inventory, CancellationToken cancellation) =>
    {
        // As it came: another way to write the same JSON has another signature.
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellation);
        try
        {
            if (verifier.Read(name => request.Headers[name], body.ToArray()).Delivery is { } delivery)
                inventory.Apply(delivery);
            return Results.NoContent();
        }
        catch (WebhookException notOurs)
        {
            return Results.Problem(notOurs.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    });
}

await app.RunAsync();
return 0;
