using System.Net;
using System.Net.Sockets;
using Laurel.Tests.Support;

namespace Laurel.Tests.Executable;

/// <summary>`laurel apart`: the shape of a company by one command.</summary>
public sealed class Apart(PreparedFolder prepared) : IClassFixture<PreparedFolder>
{
    private const int Processes = 5;

    [Fact]
    public async Task One_command_serves_all_of_it_and_ends_all_of_it()
    {
        var gateway = $"http://127.0.0.1:{FreePorts()}";
        (string, string)[] settings = [("DOTNET_ENVIRONMENT", "Development"), ("Laurel__Auth__PasswordIterations", "1000")];
        await using var apart = LaurelProcess.Start(prepared.Folder, settings, "apart", "--url", gateway, "--Laurel:Auth:SignUpsPerHour=1");
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(gateway) };
        var api = new Api(http);
        await Eventually.True(async () => await IsReady(http), TimeSpan.FromMinutes(2));

        var me = new { email = $"{Playing.NewPerson():N}@example.com", password = "a lighthouse at dusk", nickname = "Ada" };
        (await api.Post("/v1/auth/signup", me)).Is(201);
        // A setting that stands among the arguments is each process's; and who stands before the gateway is nobody's proxy, also from here.
        (await api.Send(HttpMethod.Post, "/v1/auth/signup", Api.Json(me with { email = $"2{me.email}" }), ("X-Forwarded-For", "203.0.113.7"))).Refused(429, "too_many_requests");
        var token = (await api.Post("/v1/auth/login", new { me.email, me.password })).Is(200).Field("accessToken");
        await Eventually.True(async () => (await api.As(token).Get("/v1/me/progress")).Status == 200);
        Assert.Contains("Swagger", (await api.Get("/docs")).Is(200).Text, StringComparison.OrdinalIgnoreCase);

        var ended = await apart.Interrupt();
        Assert.True(ended.Status == 0, apart.Said);
        await Leftovers.None(prepared.Folder);
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("events")]
    public async Task Who_is_to_stop_says_so_and_serves_for_a_moment_longer(string role)
    {
        await using var process = LaurelProcess.Start(
            prepared.Folder, [("Laurel__AuthUrl", "http://127.0.0.1:9"), ("Laurel__ClusterSecret", new string('s', 40))], "--roles", role, "--urls", "http://127.0.0.1:0");
        await process.Serves();

        process.Signal(LaurelProcess.SigTerm);
        await Eventually.True(async () => (await process.Api.Get("/health/ready")).Json["checks"]?["process"]?.GetValue<string>() == "stopping");
        // Who has not heard of it yet comes by a new connection.
        using var late = new HttpClient { BaseAddress = process.Api.Http.BaseAddress };
        (await new Api(late).Get("/health/live")).Is(200);
        Assert.Equal(0, (await process.End()).Status);
    }

    private static async Task<bool> IsReady(HttpClient http)
    {
        try
        {
            using var response = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>The first of as many in a row as there are processes.</summary>
    private static int FreePorts()
    {
        for (var first = 21_000; ; first += Processes)
        {
            try
            {
                foreach (var port in Enumerable.Range(first, Processes))
                {
                    using var listener = new TcpListener(IPAddress.Loopback, port);
                    listener.Start();
                }

                return first;
            }
            catch (SocketException)
            {
                // Somebody listens on one of them.
            }
        }
    }
}
