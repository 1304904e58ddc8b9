namespace Laurel.Platform.Postgres;

/// <param name="DataDir">The folder that holds the database, its password and its lock. It is made when it is missing.</param>
public sealed record EmbeddedPostgresOptions(string DataDir)
{
    /// <summary>Where PostgreSQL's own programs are installed; the data folder, unless several data folders share them.</summary>
    public string? BinariesDir { get; init; }

    /// <summary>Tests switch this off: their data need not survive a power cut, and they run faster without it.</summary>
    public bool Fsync { get; init; } = true;

    public int MaxConnections { get; init; } = 100;

    /// <summary>Told, a sentence at a time, about whatever may keep someone waiting.</summary>
    public Action<string> Progress { get; init; } = static _ => { };

    internal PostgresSearch Search { get; init; } = PostgresSearch.OfThisMachine();
}
