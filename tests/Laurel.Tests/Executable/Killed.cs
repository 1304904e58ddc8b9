using System.Collections.Concurrent;
using System.Diagnostics;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Executable;

/// <summary>After `kill -9` of any part, at any moment, the next start needs no help and nothing that was answered is lost.</summary>
public sealed class Killed(PreparedFolder prepared) : IClassFixture<PreparedFolder>
{
    /// <summary>Hashing a password well would only slow the writers down.</summary>
    private static readonly (string, string)[] Quick = [("DOTNET_ENVIRONMENT", "Development"), ("Laurel__Auth__PasswordIterations", "1000")];

    private TemporaryFolder Folder => prepared.Folder;

    [Fact]
    public async Task Killed_while_it_starts()
    {
        await using var folder = new TemporaryFolder();
        await using (var making = LaurelProcess.Serve(folder))
        {
            await making.Says("creating the database");
            await making.Kill();
        }

        var whole = TimeSpan.Zero;
        // The second of these is like those that follow: it finds a database, and an orphan that still runs in it.
        for (var start = 0; start < 2; start++)
        {
            await using var server = LaurelProcess.Serve(folder);
            whole = await server.Ready();
            await server.Kill();
        }

        foreach (var part in new[] { 0.2, 0.4, 0.6, 0.8 })
        {
            await using var server = LaurelProcess.Serve(folder);
            await Task.Delay(whole * part, TestContext.Current.CancellationToken);
            await server.Kill();
        }

        await using var last = LaurelProcess.Serve(folder);
        await last.Ready();
        (await last.Interrupt()).Well();
        await Leftovers.None(folder);
    }

    [Fact]
    public async Task Killed_under_writes_every_acknowledged_sign_up_is_there()
    {
        var acknowledged = new ConcurrentQueue<string>();
        for (var round = 0; round < 3; round++)
        {
            await using var server = LaurelProcess.Serve(Folder, Quick);
            await server.Ready();
            await AllAreThere(server, acknowledged);

            var before = acknowledged.Count;
            var writers = Enumerable.Range(0, 8).Select(writer => SignUpUntilKilled(server, $"{round}.{writer}", acknowledged)).ToList();
            await Eventually.True(() => Task.FromResult(acknowledged.Count > before + 40));
            await server.Kill();
            await Task.WhenAll(writers);
        }

        await using var last = LaurelProcess.Serve(Folder, Quick);
        await last.Ready();
        await AllAreThere(last, acknowledged);
        (await last.Interrupt()).Well();
        await Leftovers.None(Folder);
    }

    [Fact]
    public async Task When_PostgreSQL_is_killed_requests_are_refused_until_Laurel_has_started_it_again()
    {
        await using var server = LaurelProcess.Serve(Folder, Quick);
        await server.Ready();
        var email = "kept@example.com";
        (await SignUp(server.Api, email)).Is(201);
        var me = server.Api.As((await server.Api.Post("/v1/auth/login", new { email, password = "a harbour in the fog" })).Is(200).Field("accessToken"));
        (await me.Get("/v1/me")).Is(200);

        await KillPostgres();

        var refused = 0;
        await Eventually.True(async () =>
        {
            Answer[] answers = [await me.Get("/v1/me"), await me.Get("/health/ready")];
            foreach (var (answer, code) in answers.Zip(["unavailable", "not_ready"]).Where(pair => pair.First.Status != 200))
            {
                answer.Refused(503, code);
                Assert.NotNull(answer.Headers.RetryAfter);
                Assert.DoesNotContain("Npgsql", answer.Text, StringComparison.Ordinal);
                Assert.DoesNotContain(Folder.Path, answer.Text, StringComparison.Ordinal);
                refused++;
            }
            return refused > 0 && answers.All(answer => answer.Status == 200);
        });
        (await me.Get("/health/live")).Is(200);
        Assert.Equal(email, (await me.Get("/v1/me")).Is(200).Field("email"));
        Assert.Equal(0, (await server.Interrupt()).Status);
        await Leftovers.None(Folder);
    }

    [Fact]
    public async Task When_PostgreSQL_is_killed_Ctrl_C_works_all_the_same()
    {
        await using var server = LaurelProcess.Serve(Folder, Quick);
        await server.Ready();

        await KillPostgres();

        Assert.Equal(0, (await server.Interrupt()).Status);
        await Leftovers.None(Folder);
    }

    [Fact]
    public async Task When_PostgreSQL_cannot_be_started_again_Laurel_ends_and_says_why()
    {
        await using var server = LaurelProcess.Serve(Folder, Quick);
        await server.Ready();
        var settings = Path.Combine(Folder["cluster"], "postgresql.auto.conf");
        var good = await File.ReadAllTextAsync(settings, TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(settings, "max_connections = -5\n", TestContext.Current.CancellationToken);

        await KillPostgres();
        var ended = await server.End();
        await File.WriteAllTextAsync(settings, good, TestContext.Current.CancellationToken);

        Assert.Equal(1, ended.Status);
        Assert.StartsWith("laurel: PostgreSQL does not start: ", ended.Error[^1], StringComparison.Ordinal);
        Assert.Null(await Postmaster.Running(Folder["cluster"]));
    }

    private async Task KillPostgres()
    {
        using var postgres = Process.GetProcessById((await Postmaster.Running(Folder["cluster"]))!.Pid);
        postgres.Kill();
    }

    private static async Task SignUpUntilKilled(LaurelProcess server, string writer, ConcurrentQueue<string> acknowledged)
    {
        try
        {
            for (var number = 0; ; number++)
            {
                var email = $"{writer}.{number}@example.com";
                (await SignUp(server.Api, email)).Is(201);
                acknowledged.Enqueue(email);
            }
        }
        catch (HttpRequestException)
        {
            // The server is dead.
        }
    }

    private static Task<Answer> SignUp(Api api, string email) =>
        api.Post("/v1/auth/signup", new { email, password = "a harbour in the fog", nickname = "Somebody" });

    private static async Task AllAreThere(LaurelProcess server, IEnumerable<string> emails)
    {
        foreach (var email in emails)
        {
            var answer = (await server.Api.Get($"/v1/auth/email-availability?email={email}")).Is(200);
            Assert.False(answer.Json["available"]!.GetValue<bool>(), $"{email} was acknowledged, and is lost.");
        }
    }
}
