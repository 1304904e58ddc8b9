using System.CommandLine;
using System.Reflection;

namespace Laurel.Commands;

internal static class VersionCommand
{
    public static string Version { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Without the commit that it was built from.</summary>
    public static string Short => Version.Split('+', 2)[0];

    public static Command Create()
    {
        var command = new Command("version", "Show the version.");
        command.SetAction(_ => Console.Out.WriteLine(Version));
        return command;
    }
}
