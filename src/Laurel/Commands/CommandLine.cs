using System.CommandLine;
using Laurel.Platform;

namespace Laurel.Commands;

/// <summary>The verbs of the executable.</summary>
internal static class CommandLine
{
    public static async Task<int> Run(string[] args)
    {
        var root = new RootCommand(
            """
            Laurel: events and rewards for games and apps.

            Without a verb it serves. With nothing configured it brings a PostgreSQL of its own, in .laurel.
            Settings come from the environment: ConnectionStrings__Auth, ConnectionStrings__Events, Laurel__DataDir,
            Laurel__MasterKey, Laurel__Admin__Email, Laurel__Admin__Password, Laurel__TrustedProxies__0, Laurel__Logs.
            Any of them can also be given as an argument: --Laurel:DataDir=/var/lib/laurel
            """)
        {
            ServeCommand.Create(),
            MigrateCommand.Create(),
            AdminCommand.Create(),
            KeysCommand.Create(),
            VersionCommand.Create(),
        };
        ServeCommand.MakeDefault(root);

        try
        {
            return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (StartupException exception)
        {
            await Console.Error.WriteLineAsync($"laurel: {exception.Message}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("laurel: stopped before it was done.");
            return 130;
        }
    }

    /// <summary>A command that takes settings as arguments beside its own options.</summary>
    public static Command WithSettings(this Command command, Func<ParseResult, Settings, CancellationToken, Task> work)
    {
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parsed, _) =>
        {
            using var interrupt = new Interrupt();
            await work(parsed, Settings.Read(parsed.UnmatchedTokens), interrupt.Token);
            return 0;
        });
        return command;
    }
}
