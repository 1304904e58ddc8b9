namespace Laurel.Tests.Support;

/// <summary>For what is done behind a request: looks again until it is done, and fails when it is not done in time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Task True(Func<Task<bool>> condition) => True(condition, Patience);

    /// <summary>For what takes longer than anything in a whole Laurel does: where parts of it are killed, for example.</summary>
    public static async Task True(Func<Task<bool>> condition, TimeSpan patience)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < patience, $"This did not become true within {patience}.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        }
    }
}
