using System.CommandLine;
using Laurel.Auth.Accounts;
using Laurel.Events.Demo;
using Laurel.Platform;

namespace Laurel.Commands;

internal static class SeedCommand
{
    private const int BarWidth = 30;

    private static readonly Option<int> Users = new("--users") { Description = "How many users play.", HelpName = "n", DefaultValueFactory = _ => 1_000 };

    private static readonly Option<int> Days = new("--days") { Description = "For how many days, up to now.", HelpName = "n", DefaultValueFactory = _ => 30 };

    private static readonly Option<string> Email = new("--email")
    {
        Description = "With which one can sign in as one of the users.",
        HelpName = "e-mail",
        DefaultValueFactory = _ => DemoPlayers.DefaultEmail,
    };

    private static readonly Option<bool> PasswordFromInput = new("--password-stdin")
    {
        Description = "Read that user's password from standard input; else one is generated and shown.",
    };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Do it in Production too." };

    public static Command Create() =>
        new Command("seed", "Make a demo: events of every kind, and users who have played for weeks, also beside a running server. Once for a database.")
        {
            Users,
            Days,
            Email,
            PasswordFromInput,
            Yes,
        }
        .WithSettings(Seed);

    private static async Task Seed(ParseResult parsed, Settings settings, CancellationToken interrupted)
    {
        var (users, days) = (parsed.GetValue(Users), parsed.GetValue(Days));
        if (users is < 1 or > DemoPlan.MaxUsers)
            throw new StartupException($"--users is from 1 to {DemoPlan.MaxUsers}.");
        if (days is < 1 or > DemoPlan.MaxDays)
            throw new StartupException($"--days is from 1 to {DemoPlan.MaxDays}.");
        if (settings.IsProduction && !parsed.GetValue(Yes))
            throw new StartupException("This is Production, where a demo has no place. Set DOTNET_ENVIRONMENT=Development, or add --yes if you mean it.");

        var password = parsed.GetValue(PasswordFromInput) ? (await Console.In.ReadLineAsync(interrupted))?.TrimEnd('\r') ?? "" : null;
        // What is counted in the meantime is no news to whoever sits here.
        settings.Configuration["Logging:LogLevel:Laurel.Events.Jobs"] ??= "Warning";
        var clock = new DemoClock();
        await CommandLine.WithServices(
            settings, services => Seed(services, clock, users, days, (parsed.GetValue(Email)!, password), interrupted), interrupted, clock);
    }

    private static async Task Seed(
        IServiceProvider services, DemoClock clock, int users, int days, (string Email, string? Password) player, CancellationToken interrupted)
    {
        var store = ActivatorUtilities.CreateInstance<DemoStore>(services);
        await using var mine = await store.Lock(interrupted);
        var there = await store.Find(interrupted);
        if (there is { IsMade: true })
        {
            Console.Out.WriteLine($"The demo is there already: {Size(there.Plan)}, up to {there.Plan.Until:yyyy-MM-dd HH:mm} UTC. Nothing was added.");
            return;
        }

        if (there is not null)
            await MustGoOn(store, there.Plan, users, days, interrupted);
        var players = services.GetRequiredService<DemoPlayers>();
        var account = there is null || await players.Find(there.Plan.PlayerId, interrupted) is null
            ? await players.Prepare(player.Email, player.Password, interrupted)
            : default;
        var plan = there?.Plan ?? await Begin(store, DemoPlan.Of(users, days, clock.GetUtcNow()), interrupted);
        var maker = ActivatorUtilities.CreateInstance<DemoMaker>(services, store, clock);
        await maker.MakeEvents(plan, interrupted);
        var played = await Play(maker, plan, interrupted);
        if (account.Account is { } made)
        {
            // Told before it is made: a kill in between must not leave an account whose password nobody has seen.
            Console.Out.WriteLine($"Sign in as {made.Email} to see what a player sees.");
            if (made.GeneratedPassword is { } generated)
                Console.Out.WriteLine($"Its password, shown this once: {generated}");
            await players.Add(plan.PlayerId, plan.Opening, made.Email, account.Hash, interrupted);
        }

        await maker.Finish(plan, interrupted);

        Console.Out.WriteLine($"The demo is there: {Size(plan)}, {DemoEvents.All.Count} events, {played.Stored + played.Known:N0} activities.");
    }

    private static async Task<DemoPlan> Begin(DemoStore store, DemoPlan plan, CancellationToken interrupted)
    {
        if (await store.Horizon(interrupted) is { } horizon && horizon > plan.Opening)
            throw new StartupException("This database has dropped activities of the time that a demo is about. Make it with empty databases.");
        await store.Begin(plan, interrupted);
        return plan;
    }

    /// <summary>An attempt that was broken off is brought to its end, as it was begun.</summary>
    private static async Task MustGoOn(DemoStore store, DemoPlan begun, int users, int days, CancellationToken interrupted)
    {
        if ((begun.Users, begun.Days) != (users, days))
            throw new StartupException($"A demo of {Size(begun)} was begun and broken off. Bring it to its end with --users {begun.Users} --days {begun.Days}, or begin with empty databases.");
        if (!await store.CanGoOn(interrupted))
            throw new StartupException($"A demo was begun on {begun.Until:yyyy-MM-dd} and broken off. That is too long ago to bring it to its end: begin with empty databases.");
        Console.Out.WriteLine("Going on where an earlier attempt was broken off.");
    }

    private static async Task<DemoProgress> Play(DemoMaker maker, DemoPlan plan, CancellationToken interrupted)
    {
        using var line = new ProgressLine(Console.Out, !Console.IsOutputRedirected);
        var gate = new Lock();
        return await maker.Play(plan, progress =>
        {
            lock (gate)
                line.Show(Shown(progress, plan));
        }, interrupted);
    }

    private static string Shown(DemoProgress progress, DemoPlan plan)
    {
        var full = BarWidth * progress.Day / plan.Days;
        return $"[{new string('#', full)}{new string('.', BarWidth - full)}] day {progress.Day} of {plan.Days}, {progress.Stored + progress.Known:N0} activities";
    }

    private static string Size(DemoPlan plan) => $"{plan.Users:N0} users, {plan.Days:N0} days";
}
