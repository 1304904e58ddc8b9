using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Laurel.Platform;
using Npgsql;

namespace Laurel.Commands;

/// <summary>The verbs of the executable.</summary>
internal static class CommandLine
{
    public static async Task<int> Run(string[] args)
    {
        var root = new RootCommand(
            $"""
            Laurel: events and rewards for games and apps.

            Without a verb it serves. With nothing configured it brings a PostgreSQL of its own, in .laurel.

            Settings come from the environment; in brackets is what holds without them:
            {KnownSettings.Help()}

            Each can also be given as an argument: --Laurel:DataDir=/var/lib/laurel
            """);
        foreach (var verb in Verbs())
            root.Subcommands.Add(verb);
        ServeCommand.MakeDefault(root);

        try
        {
            var parsed = root.Parse(args);
            if (parsed is { Action: ParseErrorAction, Errors: [var error, ..] })
                throw new StartupException($"{error.Message} `{NameOf(parsed.CommandResult)} --help` tells more.");
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (StartupException exception)
        {
            await Console.Error.WriteLineAsync($"laurel: {exception.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
        catch (NpgsqlException exception)
        {
            await Console.Error.WriteLineAsync($"laurel: A database failed while Laurel used it: {exception.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
        catch (UnavailableException exception)
        {
            await Console.Error.WriteLineAsync($"laurel: {exception.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("laurel: stopped before it was done.");
            return 130;
        }
    }

    public static IEnumerable<Command> Verbs() =>
    [
        ServeCommand.Create(),
        ApartCommand.Create(),
        MigrateCommand.Create(),
        AdminCommand.Create(),
        KeysCommand.Create(),
        VerifyCommand.Create(),
        SeedCommand.Create(),
        VersionCommand.Create(),
    ];

    /// <summary>For verbs that also work beside a running server: the services over migrated databases, without serving.</summary>
    public static async Task WithServices(
        Settings settings, Func<IServiceProvider, Task> work, CancellationToken interrupted, TimeProvider? time = null)
    {
        // Whatever this machine serves: a verb looks at all there is.
        settings = settings with { Roles = Roles.Auth | Roles.Events | Roles.Worker };
        await using var databases = await Databases.Open(settings, join: true, interrupted);
        await databases.Migrate(interrupted);
        await using var app = LaurelHost.Build(settings, databases, Settings.DefaultUrls, time);
        await work(app.Services);
    }

    /// <summary>A command that takes settings as arguments beside its own options.</summary>
    public static Command WithSettings(this Command command, Func<ParseResult, Settings, CancellationToken, Task> work) =>
        command.WithSettings(async (parsed, settings, interrupted) =>
        {
            await work(parsed, settings, interrupted);
            return 0;
        });

    /// <summary>The same, for one that says by its status what it has found.</summary>
    public static Command WithSettings(this Command command, Func<ParseResult, Settings, CancellationToken, Task<int>> work)
    {
        var arguments = new Argument<string[]>("settings")
        {
            Description = "Settings of this run, as --Laurel:DataDir=/var/lib/laurel; `laurel --help` lists them.",
            Arity = ArgumentArity.ZeroOrMore,
            // There the help tells more about them than this line does.
            Hidden = command is RootCommand,
        };
        command.Arguments.Add(arguments);
        command.SetAction(async (parsed, _) =>
        {
            using var interrupt = new Interrupt();
            return await work(parsed, Settings.Read(parsed.GetValue(arguments) ?? []), interrupt.Token);
        });
        return command;
    }

    private static string NameOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{NameOf(parent)} {command.Command.Name}" : command.Command.Name;
}
