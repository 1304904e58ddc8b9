using System.CommandLine;

namespace Laurel.Commands;

internal static class MigrateCommand
{
    public static Command Create() => new Command("migrate", "Bring the databases to this version, and stop. Serving does the same before it serves.")
        .WithSettings(async (_, settings, interrupted) =>
        {
            await using var databases = await Databases.Open(settings, join: true, interrupted);
            var applied = await databases.Migrate(interrupted);
            foreach (var migration in applied)
                Console.Out.WriteLine($"applied {migration}");
            Console.Out.WriteLine(applied.Count == 0 ? "The databases are up to date." : "The databases are up to date now.");
        });
}
