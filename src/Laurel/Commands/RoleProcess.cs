using System.Diagnostics;
using Laurel.Platform.Postgres;

namespace Laurel.Commands;

/// <summary>A process of this same executable, started again whenever it ends before its time.</summary>
/// <param name="name">What stands before each line that it says.</param>
/// <param name="arguments">What it does.</param>
/// <param name="settings">Its settings, as environment.</param>
internal sealed class RoleProcess(string name, IReadOnlyList<string> arguments, IReadOnlyList<(string Name, string Value)> settings)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ToStop = TimeSpan.FromSeconds(20);

    private readonly TaskCompletionSource _serves = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>When it has said that it does.</summary>
    public Task Serves => _serves.Task;

    public async Task KeepRunning(CancellationToken interrupted)
    {
        while (!interrupted.IsCancellationRequested)
        {
            await RunOnce(interrupted);
            if (interrupted.IsCancellationRequested)
                return;
            Console.Error.WriteLine($"[{name}] has ended, and is started again");
            try
            {
                await Task.Delay(Pause, interrupted);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task RunOnce(CancellationToken interrupted)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["serve", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in settings)
            start.Environment[key] = value;
        using var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) =>
        {
            Say(Console.Out, line.Data);
            if (line.Data?.StartsWith("Laurel ", StringComparison.Ordinal) == true)
                _serves.TrySetResult();
        };
        process.ErrorDataReceived += (_, line) => Say(Console.Error, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await using var stopping = interrupted.Register(() => Libc.Signal(process.Id, Libc.SigTerm));
        await process.WaitForExitAsync(CancellationToken.None).WaitAsync(interrupted).ContinueWith(_ => { }, TaskScheduler.Default);
        if (process.HasExited)
            return;
        using var patience = new CancellationTokenSource(ToStop);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }
    }

    private void Say(TextWriter to, string? line)
    {
        if (!string.IsNullOrEmpty(line))
            to.WriteLine($"[{name}] {line}");
    }
}
