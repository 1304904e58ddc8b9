using System.CommandLine;
using Laurel.Auth.Keys;
using Laurel.Platform.Audit;

namespace Laurel.Commands;

internal static class KeysCommand
{
    private static readonly Option<bool> AtOnce = new("--now")
    {
        Description = "The new key signs at once and all older ones are withdrawn, which ends every access token: for a key that has leaked.",
    };

    public static Command Create() => new("keys", "The keys that access tokens are signed with.")
    {
        new Command("rotate", "Make a new key, also beside a running server. It is published now and signs in five minutes.") { AtOnce }.WithSettings(Rotate),
    };

    private static Task Rotate(ParseResult parsed, Settings settings, CancellationToken interrupted) =>
        CommandLine.WithServices(settings, async services =>
        {
            var atOnce = parsed.GetValue(AtOnce);
            var keys = services.GetRequiredService<KeyStore>();
            // On a database that was never served from there is no key yet that could sign until the new one does; and whoever
            // comes with a wrong master key is refused here, before a key is stored that the servers cannot open.
            await keys.Load(interrupted);
            var kid = await keys.Rotate(atOnce, Actor.CommandLine, interrupted);
            Console.Out.WriteLine(atOnce
                ? $"Key {kid} signs from now on; access tokens of older keys are refused within seconds."
                : $"Key {kid} is published, and signs in {KeyStore.Publication.TotalMinutes} minutes.");
        }, interrupted);
}
