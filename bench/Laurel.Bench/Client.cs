namespace Laurel.Bench;

/// <summary>One of the clients of a load: it does one thing at a time, again and again.</summary>
internal interface IClient : IDisposable
{
    /// <returns>Null when it went well, else what went wrong, in words that are the same the next time.</returns>
    ValueTask<string?> Exchange();

    /// <summary>After an exchange that broke: the next one has to connect anew.</summary>
    void Drop();
}
