using System.Diagnostics;
using Laurel.Tests.Events.Deliveries;
using Laurel.Tests.Support;

namespace Laurel.Tests.Executable;

/// <summary>The tour can be followed: its commands are run as a reader would paste them, in their order, with a game's endpoint that answers.</summary>
public sealed class TheTour
{
    private const string Password = "seven quiet foxes";

    [Fact]
    public async Task From_an_event_to_the_inventory_and_the_proof()
    {
        await using var folder = new TemporaryFolder();
        await using var game = await Receiver.Start();
        await using var laurel = LaurelProcess.Serve(folder, ("Laurel__Admin__Password", Password), ("Laurel__Webhooks__AllowLoopback", "true"));
        await laurel.Ready();
        // What the sample's setup does.
        var admin = (await laurel.Api.Post("/v1/auth/login", new { email = "admin@laurel.local", password = Password })).Is(200).Field("accessToken");
        (await laurel.Api.As(admin).Post("/v1/webhooks", new { url = game.Url })).Is(201);

        var said = await Paste(laurel, game, "echo; echo \"claim=$CLAIM audrey=$AUDREY\"");

        var (claim, audrey) = (Known(said, "claim"), Known(said, "audrey"));
        Assert.True(claim.Length > 0, said);
        var auditor = laurel.Api.As(audrey);
        await Eventually.True(async () => (string)(await auditor.Get($"/v1/claims/{claim}")).Is(200).Json["status"]! == "completed");
        Assert.Single(game.Messages.Where(message => message.Id.Length > 0).Select(message => message.Id).Distinct());
        Assert.Contains("\"code\":\"approval_pending\"", said, StringComparison.Ordinal);
        Assert.Contains("{\"balance\":100}", said, StringComparison.Ordinal);
        Assert.Contains("\"action\":\"claim.approved\"", said, StringComparison.Ordinal);
        Assert.Contains($"\n{claim},", said, StringComparison.Ordinal);
        Assert.DoesNotContain("\"code\":\"internal", said, StringComparison.Ordinal);
        (await LaurelProcess.Run(folder, [], "verify")).Well();
    }

    /// <summary>What the commands say.</summary>
    private static async Task<string> Paste(LaurelProcess laurel, Receiver game, string last)
    {
        var page = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "docs", "tour.md"), TestContext.Current.CancellationToken);
        var script = string.Join('\n', [.. Commands(page), last])
            .Replace("http://localhost:8080", laurel.Api.Http.BaseAddress!.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
            .Replace("http://localhost:5080", new Uri(game.Url).GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
            .Replace("what the first start printed", Password, StringComparison.Ordinal);
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-euc", script]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, complained) = (shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), shell.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(shell.ExitCode == 0, $"{await said}\n{await complained}");
        return await said;
    }

    /// <summary>The lines of the blocks that are to be pasted.</summary>
    private static IEnumerable<string> Commands(string[] page)
    {
        var isInside = false;
        foreach (var line in page)
        {
            if (isInside && line != "```")
                yield return line;
            isInside = line == "```sh" || (isInside && line != "```");
        }
    }

    private static string Known(string said, string name) => said.Split($"{name}=")[^1].Split(' ', '\n')[0];
}
