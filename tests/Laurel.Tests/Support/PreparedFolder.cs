namespace Laurel.Tests.Support;

/// <summary>For one test class: a data folder with a database that is whole and at rest, since making one takes seconds.</summary>
public sealed class PreparedFolder : IAsyncLifetime
{
    internal TemporaryFolder Folder { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await using var first = LaurelProcess.Serve(Folder);
        await first.Ready();
        (await first.Interrupt()).Well();
    }

    public ValueTask DisposeAsync() => Folder.DisposeAsync();
}
