namespace Laurel.Tests.Support;

internal static class SecondProcess
{
    /// <summary>One more process on the app's databases, with the same keys, when it is ready.</summary>
    public static async Task<LaurelProcess> ServedBySecond(this LaurelApp app, TemporaryFolder folder)
    {
        var server = LaurelProcess.Serve(folder,
        [
            ("DOTNET_ENVIRONMENT", "Development"),
            ("Laurel__MasterKey", app.Settings["Laurel:MasterKey"]!),
            ("ConnectionStrings__Auth", app.Settings["ConnectionStrings:Auth"]!),
            ("ConnectionStrings__Events", app.Settings["ConnectionStrings:Events"]!),
        ]);
        await server.Ready();
        return server;
    }
}
