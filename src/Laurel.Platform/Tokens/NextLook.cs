namespace Laurel.Platform.Tokens;

/// <summary>Looks at the keys of tokens again and again. Whoever meets a key that is too new to be known waits for the next time.</summary>
public sealed class NextLook
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Over when a look has ended that has not begun yet; or when none comes.</summary>
    public Task Wait() => Task.WhenAny(Volatile.Read(ref _next).Task, Task.Delay(Patience));

    public async Task Look(Func<Task> look)
    {
        var waiting = Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            await look();
        }
        finally
        {
            waiting.SetResult();
        }
    }
}
