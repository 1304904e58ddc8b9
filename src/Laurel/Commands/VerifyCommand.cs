using System.CommandLine;
using Laurel.Events.Books;
using Laurel.Events.Progress;
using Laurel.Platform;

namespace Laurel.Commands;

internal static class VerifyCommand
{
    private static readonly Option<int?> Users = new("--users") { Description = "Compare the progress of so many users, drawn at random; else of all.", HelpName = "n" };

    private static readonly Option<string[]> Checkpoints = new("--checkpoint")
    {
        Description = "A checkpoint of the audit trail that was kept elsewhere, or a file (a log, too) with checkpoints in it.",
        HelpName = "checkpoint or file",
    };

    public static Command Create() =>
        new Command(
            "verify",
            "Prove what is stored: progress is what the activities come to; claims, stock, points and deliveries match; the audit trail is whole. Also beside a running server. Status 1 where something does not.")
        {
            Users,
            Checkpoints,
        }
        .WithSettings(Verify);

    private static async Task<int> Verify(ParseResult parsed, Settings settings, CancellationToken interrupted)
    {
        var sample = parsed.GetValue(Users);
        if (sample < 1)
            throw new StartupException("--users is 1 or more.");

        var kept = AuditCheck.Read(parsed.GetValue(Checkpoints) ?? []);
        var isWhole = true;
        var summary = new VerificationSummary();
        IReadOnlyList<Finding> findings = [];
        await CommandLine.WithServices(settings, async services =>
        {
            using (var line = new ProgressLine(Console.Out, !Console.IsOutputRedirected))
            {
                await services.GetRequiredService<Verification>().Run(
                    sample, summary, () => line.Show($"verified {summary.Users:N0} users, {summary.Compared:N0} rows, {summary.Different:N0} differences"), interrupted);
                findings = await services.GetRequiredService<Bookkeeping>().Run(law => line.Show($"proving: {law.Name}"), interrupted);
            }

            isWhole = await AuditCheck.Run(services, kept, interrupted);
        }, interrupted);

        Tell(summary);
        Tell(findings);
        return summary.Different == 0 && findings.All(finding => finding.Count == 0) && isWhole ? 0 : 1;
    }

    private static void Tell(VerificationSummary summary)
    {
        foreach (var difference in summary.First)
            Console.Out.WriteLine(difference);
        if (summary.Different > summary.First.Count)
            Console.Out.WriteLine($"... and {summary.Different - summary.First.Count:N0} more.");

        foreach (var (reason, count) in summary.Skipped.OrderBy(skipped => skipped.Key))
            Console.Out.WriteLine($"Skipped {count:N0} rows: {Why(reason)}.");
        Console.Out.WriteLine(summary.Different == 0
            ? $"Verified {summary.Users:N0} users: all {summary.Compared:N0} rows of progress are what the stored activities come to."
            : $"Verified {summary.Users:N0} users: {summary.Different:N0} of {summary.Compared:N0} rows of progress differ from what the stored activities come to.");
    }

    private static void Tell(IReadOnlyList<Finding> findings)
    {
        foreach (var broken in findings.Where(finding => finding.Count > 0))
        {
            Console.Out.WriteLine($"Broken {broken.Count:N0} times: {broken.Law.Name}.");
            foreach (var breach in broken.First)
                Console.Out.WriteLine($"  {breach}");
            if (broken.Count > broken.First.Count)
                Console.Out.WriteLine($"  ... and {broken.Count - broken.First.Count:N0} more.");
        }

        if (findings.All(finding => finding.Count == 0))
            Console.Out.WriteLine($"Verified claims, stock, points and deliveries: all {findings.Count} laws hold.");
    }

    private static string Why(StoredProgress reason) => reason switch
    {
        StoredProgress.CatchingUp => "they are being counted anew just now",
        StoredProgress.NotCounted => "their events are switched off, quarantined or unreadable",
        StoredProgress.BeyondHorizon => "a part of their activities is no longer stored",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
