using System.CommandLine;
using Laurel.Auth.Accounts;

namespace Laurel.Commands;

internal static class AdminCommand
{
    private static readonly Option<string> Email = new("--email") { Description = "With which the new ADMIN signs in.", Required = true };

    private static readonly Option<bool> PasswordFromInput = new("--password-stdin")
    {
        Description = "Read the password from standard input; else one is generated and shown.",
    };

    public static Command Create() => new("admin", "Accounts of ADMINs.")
    {
        new Command("create", "Make an ADMIN, also beside a running server.") { Email, PasswordFromInput }.WithSettings(CreateAdmin),
    };

    private static async Task CreateAdmin(ParseResult parsed, Settings settings, CancellationToken interrupted)
    {
        var password = parsed.GetValue(PasswordFromInput) ? (await Console.In.ReadLineAsync(interrupted))?.TrimEnd('\r') ?? "" : null;
        await CommandLine.WithServices(settings, async services =>
        {
            var admin = await services.GetRequiredService<Admins>().Add(parsed.GetRequiredValue(Email), password, interrupted);
            Console.Out.WriteLine($"{admin.Email} is an ADMIN.");
            ShowPassword(admin);
        }, interrupted);
    }

    public static void ShowPassword(NewAccount admin)
    {
        if (admin.GeneratedPassword is { } generated)
            Console.Out.WriteLine($"Its password, shown this once: {generated}");
    }
}
