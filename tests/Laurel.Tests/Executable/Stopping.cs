using Laurel.Tests.Support;

namespace Laurel.Tests.Executable;

public sealed class Stopping(PreparedFolder prepared) : IClassFixture<PreparedFolder>
{
    [Theory]
    [InlineData(LaurelProcess.SigInt)]
    [InlineData(LaurelProcess.SigTerm)]
    public async Task Requests_in_flight_are_answered_and_nothing_is_left(int signal)
    {
        await using var server = LaurelProcess.Serve(prepared.Folder);
        await server.Ready();
        // Each waits for its turn at the password hash, which is slow on purpose.
        var logins = Enumerable.Range(0, 8)
            .Select(number => server.Api.Post("/v1/auth/login", new { email = $"nobody{number}@example.com", password = "wrong password" }))
            .ToList();
        await Eventually.True(async () => await InFlight(server) >= 3);

        server.Signal(signal);
        var ended = await server.End();

        ended.Well();
        foreach (var login in logins)
            (await login).Refused(401, "invalid_credentials");
        await Leftovers.None(prepared.Folder);
    }

    [Fact]
    public async Task Interrupted_while_it_starts_it_ends_soon_and_the_next_start_works()
    {
        await using var folder = new TemporaryFolder();
        await using (var making = LaurelProcess.Serve(folder))
        {
            await making.Says("creating the database");
            await Interrupted(making, folder);
        }

        await using (var server = LaurelProcess.Serve(folder))
        {
            await server.Ready();
            (await server.Interrupt()).Well();
        }
        TimeSpan whole;
        await using (var server = LaurelProcess.Serve(folder))
        {
            whole = await server.Ready();
            (await server.Interrupt()).Well();
        }

        foreach (var part in new[] { 0.3, 0.5, 0.7, 0.9 })
        {
            await using var server = LaurelProcess.Serve(folder);
            await Task.Delay(whole * part, TestContext.Current.CancellationToken);
            await Interrupted(server, folder);
        }

        await using var last = LaurelProcess.Serve(folder);
        await last.Ready();
        (await last.Interrupt()).Well();
        await Leftovers.None(folder);
    }

    private static async Task Interrupted(LaurelProcess server, TemporaryFolder folder)
    {
        var ended = await server.Interrupt();

        // 130 is what shells know as "ended by Ctrl-C"; the signal itself ends it when it comes before Laurel listens to it.
        Assert.True(ended.Status is 0 or 130, $"It ended with {ended.Status}: {server.Said}");
        Assert.True(ended.Error is [] or ["laurel: stopped before it was done."], server.Said);
        Assert.InRange(ended.Took, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        await Leftovers.None(folder);
    }

    private static async Task<int> InFlight(LaurelProcess server) =>
        (await server.Api.Get("/metrics")).Is(200).Text.Split('\n')
            .Where(line => line.StartsWith("http_server_active_requests{", StringComparison.Ordinal))
            .Sum(line => int.Parse(line.Split(' ')[^1]));
}
