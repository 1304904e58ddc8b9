using Laurel.Platform;

namespace Laurel.Commands;

/// <summary>Where to listen, looked at before a database is started for it.</summary>
internal static class ListenAddresses
{
    public static void Check(string urls)
    {
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!CanBe(url))
                throw new StartupException($"Cannot listen on '{url}': an address is like {Settings.DefaultUrls} or http://*:8080, without a path.");
        }
    }

    /// <summary>Whether the first of them names no host by which others could reach it.</summary>
    public static bool IsEverywhere(string urls) =>
        BindingAddress.Parse(urls.Split(';', StringSplitOptions.RemoveEmptyEntries)[0]).Host is "*" or "+" or "0.0.0.0" or "[::]";

    private static bool CanBe(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address.Scheme is "http" or "https" && address.PathBase.Length == 0 && address.Port is >= 0 and <= 65535;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
