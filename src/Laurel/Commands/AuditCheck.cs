using Laurel.Auth;
using Laurel.Events;
using Laurel.Platform;
using Laurel.Platform.Audit;

namespace Laurel.Commands;

/// <summary>The part of <c>laurel verify</c> that looks at the audit trails.</summary>
internal static class AuditCheck
{
    /// <summary>The lines that may have checkpoints in them; a file is read as they are asked for.</summary>
    public static IEnumerable<string> Read(IReadOnlyList<string> checkpoints)
    {
        foreach (var one in checkpoints)
        {
            if (!File.Exists(one) && !AuditVerification.HasCheckpoint(one))
                throw new StartupException("--checkpoint is neither a checkpoint nor a file.");
        }

        return checkpoints.SelectMany(one => File.Exists(one) ? File.ReadLines(one) : [one]);
    }

    /// <summary>Says what it found; whether both trails are whole.</summary>
    public static async Task<bool> Run(IServiceProvider services, IEnumerable<string> kept, CancellationToken interrupted)
    {
        var isWhole = true;
        foreach (var service in new[] { AuthSetup.Service, EventsSetup.Service })
        {
            var report = await services.GetRequiredKeyedService<AuditVerification>(service).Run(kept, interrupted);
            Tell(report);
            isWhole &= report.Faults == 0;
        }

        return isWhole;
    }

    private static void Tell(AuditReport report)
    {
        foreach (var fault in report.First)
            Console.Out.WriteLine(fault);
        if (report.Faults > report.First.Count)
            Console.Out.WriteLine($"... and {report.Faults - report.First.Count:N0} more.");
        if (report.IsOwner)
            Console.Out.WriteLine($"The {report.Trail} service works as the owner of its tables: only triggers keep its audit trail from being changed.");
        var erased = report.Erased == 0 ? "" : $", {report.Erased:N0} of them with a part that was erased";
        var waiting = report.Waiting == 0 ? "" : $" {report.Waiting:N0} more wait to be chained.";
        Console.Out.WriteLine(report.Faults == 0
            ? $"Verified the {report.Trail} audit trail: all {report.Chained:N0} rows are as they were chained{erased}; {report.Checkpoints:N0} checkpoints.{waiting}"
            : $"Verified the {report.Trail} audit trail: {report.Faults:N0} faults in {report.Chained:N0} rows.{waiting}");
    }
}
