using Laurel.Rules;

namespace Laurel.Events.Backtests;

/// <summary>What a backtest has come to so far, to go on from. A job keeps it as JSON.</summary>
internal sealed record BacktestTally(long Participants, IReadOnlyList<OfferTally> Offers)
{
    public static readonly BacktestTally Nothing = new(0, []);
}

/// <summary>Of one offer: its completions by local day (as numbers), and the first of them by instants, where it is limited.</summary>
internal sealed record OfferTally(Dictionary<int, long> ByDay, Dictionary<long, long>? Stock = null);

/// <summary>
/// Folds activities into the planned event, one user after the other, each user's in the order in which they occurred. An offer is
/// completed when its condition is met for the first time in a window; a condition that is met stays met. Pure.
/// </summary>
internal sealed class BacktestRun
{
    private readonly EventDefinition _definition;
    private readonly Dictionary<int, long>[] _byDay;
    private readonly StockGauge?[] _stocks;
    private string? _user;
    private DateOnly _window;
    private Rules.Progress _progress = Rules.Progress.Empty;
    private long _met;
    private bool _participates;
    private long _participants;

    public BacktestRun(BacktestPlan plan, BacktestTally before)
    {
        _definition = plan.Define();
        _participants = before.Participants;
        _byDay = [.. plan.Offers.Select((_, at) => before.Offers.ElementAtOrDefault(at)?.ByDay ?? [])];
        _stocks = [.. plan.Offers.Select((offer, at) => offer.Limit is { } limit ? StockGauge.Load(limit, before.Offers.ElementAtOrDefault(at)?.Stock ?? []) : null)];
    }

    public EventDefinition Definition => _definition;

    public BacktestTally Tally => new(_participants, [.. _byDay.Select((days, at) => new OfferTally(days, _stocks[at]?.Save()))]);

    public void Take(string user, Activity activity)
    {
        if (_definition.Calendar.WindowOf(activity.OccurredAt) is not { } window)
            return;
        if (user != _user || window.Key != _window)
            Begin(user, window.Key);

        var after = Engine.Fold(_definition, _progress, activity);
        if (ReferenceEquals(after, _progress))
            return;
        if (!_participates)
            _participants++;
        (_progress, _participates) = (after, true);
        Complete(activity.OccurredAt);
    }

    private void Begin(string user, DateOnly window)
    {
        _participates = _participates && user == _user;
        (_user, _window, _progress, _met) = (user, window, Rules.Progress.Empty, 0);
    }

    private void Complete(DateTimeOffset at)
    {
        var met = Engine.MetBits(_definition, _progress);
        var news = met & ~_met;
        _met = met;
        for (var offer = 0; offer < _byDay.Length && news >> 1 >> offer != 0; offer++)
        {
            if (((news >> (offer + 1)) & 1) == 0)
                continue;
            var day = _definition.Calendar.DayOf(at).DayNumber;
            _byDay[offer][day] = _byDay[offer].GetValueOrDefault(day) + 1;
            _stocks[offer]?.Add(at);
        }
    }
}
