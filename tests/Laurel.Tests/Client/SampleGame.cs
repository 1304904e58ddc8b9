using System.Diagnostics;
using System.Text.Json.Nodes;
using Laurel.Auth.Accounts;
using Laurel.Tests.Events.Deliveries;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Client;

/// <summary>The sample does what its README says.</summary>
public sealed class SampleGame(TestPostgres postgres)
{
    private const string Password = "seven quiet foxes";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_kills_three_monsters_is_given_potions_once(bool isCalled)
    {
        await using var app = new LaurelApp(postgres);
        app.CallsLoopback();
        await app.InitializeAsync();
        await app.Services.GetRequiredService<Admins>().Ensure("admin@laurel.local", Password, _ => { }, Cancellation);
        await using var folder = new TemporaryFolder();
        // The game is to be found where Laurel was told; which port is free is known once it listens.
        var port = Ports.Free();
        await Run(folder, ["setup", "--laurel", app.Address.ToString(), .. isCalled ? ["--webhook", $"http://localhost:{port}/laurel"] : Array.Empty<string>()]);

        var player = Playing.NewUser();
        using (var game = Start(folder, ["--urls", $"http://localhost:{port}"]))
        {
            await Listens(game);
            for (var hunt = 0; hunt < 3; hunt++)
                await Hunts(port, player);
            await Eventually.True(async () => await Potions(port, player) == 5);
            // It dies, with all that it has in memory.
            game.Kill();
            await game.WaitForExitAsync(Cancellation);
        }

        // Half a line, as a process leaves it that is killed while it writes.
        await File.AppendAllTextAsync(Path.Combine(folder.Path, "inventory.jsonl"), """{"Id":"01a1""", Cancellation);
        using (var game = Start(folder, ["--urls", $"http://localhost:{port}"]))
        {
            await Listens(game);
            Assert.Equal(5, await Potions(port, player));
            var another = Playing.NewUser();
            for (var hunt = 0; hunt < 5; hunt++)
                await Hunts(port, another);
            await Eventually.True(async () => await Potions(port, another) == 5);
            Assert.Equal(5, await Potions(port, player));
            game.Kill();
            await game.WaitForExitAsync(Cancellation);
        }
    }

    private static async Task Hunts(int port, string player)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsync($"http://localhost:{port}/players/{player}/hunts/slime", null, Cancellation);
        Assert.Equal(202, (int)answer.StatusCode);
    }

    private static async Task<long?> Potions(int port, string player)
    {
        using var http = new HttpClient();
        return (long?)JsonNode.Parse(await http.GetStringAsync($"http://localhost:{port}/players/{player}/inventory", Cancellation))!["potion_red"];
    }

    private static async Task Listens(Process game)
    {
        while (await game.StandardOutput.ReadLineAsync(Cancellation) is { } line)
        {
            if (line.Contains("Now listening on", StringComparison.Ordinal))
            {
                // What it says from now on must not fill the pipe.
                _ = game.StandardOutput.ReadToEndAsync(Cancellation);
                return;
            }
        }

        Assert.Fail($"The game ended before it listened: {await game.StandardError.ReadToEndAsync(Cancellation)}");
    }

    private static async Task Run(TemporaryFolder folder, string[] arguments)
    {
        using var game = Start(folder, arguments);
        var (said, complained) = (game.StandardOutput.ReadToEndAsync(Cancellation), game.StandardError.ReadToEndAsync(Cancellation));
        await game.WaitForExitAsync(Cancellation);
        Assert.True(game.ExitCode == 0, $"{await said}{await complained}");
    }

    private static Process Start(TemporaryFolder folder, string[] arguments)
    {
        // Built along with the tests: .../bin/Debug/net10.0 of either.
        var kind = Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "Laurel.Tests"), AppContext.BaseDirectory);
        var info = new ProcessStartInfo(Path.Combine(Repository.Root, "samples", "GameServer", kind, "GameServer"), [.. arguments, "--folder", folder.Path])
        {
            WorkingDirectory = folder.Path,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["LAUREL_PASSWORD"] = Password;
        return Process.Start(info)!;
    }
}
