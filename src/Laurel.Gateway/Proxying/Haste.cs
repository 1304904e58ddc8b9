using Microsoft.AspNetCore.Http;

namespace Laurel.Gateway.Proxying;

/// <summary>
/// An attempt that is given up where the address has not begun to answer for a while, and the request may still be sent to another one.
/// What has begun is not broken off; where no retry is left, it is waited for.
/// </summary>
internal sealed class Haste : IAsyncDisposable
{
    private const int Waiting = 0;
    private const int Answered = 1;
    private const int GivenUp = 2;

    private readonly HttpContext _context;
    private readonly RetryBudget _budget;
    private readonly CancellationToken _client;
    private readonly CancellationTokenSource _enough;
    private readonly Timer _timer;
    private int _state;

    public Haste(HttpContext context, RetryBudget budget)
    {
        (_context, _budget, _client) = (context, budget, context.RequestAborted);
        _enough = CancellationTokenSource.CreateLinkedTokenSource(_client);
        context.RequestAborted = _enough.Token;
        context.Features.Set(this);
        _timer = new Timer(haste => ((Haste)haste!).GiveUp(), this, Patience.ForFirstOfSeveral, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether it was given up. It has been paid for as a retry then.</summary>
    public bool HasGivenUp => Volatile.Read(ref _state) == GivenUp;

    /// <summary>Whether what the address answers now still goes to the client.</summary>
    public static bool StillAwaits(HttpContext context) =>
        context.Features.Get<Haste>() is not { } haste || Interlocked.CompareExchange(ref haste._state, Answered, Waiting) != GivenUp;

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        _context.Features.Set<Haste?>(null);
        _context.RequestAborted = _client;
        _enough.Dispose();
    }

    private void GiveUp()
    {
        if (!_budget.TrySpend())
            return;
        if (Interlocked.CompareExchange(ref _state, GivenUp, Waiting) == Waiting)
            _enough.Cancel();
        else
            _budget.Return();
    }
}
