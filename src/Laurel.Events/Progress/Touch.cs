using Laurel.Events.Catalog;
using Laurel.Rules;

namespace Laurel.Events.Progress;

/// <summary>A row of progress that activities of a batch count in.</summary>
internal sealed class Touch(ProgressKey key, RunningEvent on, Window window)
{
    public ProgressKey Key => key;

    public RunningEvent Event => on;

    public Window Window => window;

    /// <summary>What is to be added to the row.</summary>
    public List<Activity> Activities { get; } = [];

    /// <summary>The row as it was read, or is remembered; null where there is none.</summary>
    public ProgressRow? Row { get; set; }

    /// <summary>Whether the row was not read in this transaction, so that it may have changed.</summary>
    public bool IsRemembered { get; set; }

    /// <summary>The row that this transaction has written.</summary>
    public ProgressRow? Written { get; set; }

    /// <summary>What all stored activities come to, where it had to be folded from nothing.</summary>
    public Rules.Progress? Refolded { get; set; }

    /// <summary>
    /// Whether the row cannot be added to: it was folded under another epoch, or it is missing while the catch-up has not come by yet.
    /// </summary>
    public bool MustRefold => Row is null ? !on.IsSettled : Row.Epoch != on.Epoch;

    /// <summary>Folds one of the stored activities in, after <see cref="Refolded"/> was set to nothing.</summary>
    public void Add(Activity stored) => Refolded = Engine.Fold(on.Definition, Refolded!, stored);

    /// <summary>What the user has reached by what was read.</summary>
    /// <exception cref="InvalidDataException">The stored state is none.</exception>
    public Rules.Progress Reached => MustRefold ? Refolded! : Row?.Progress ?? Rules.Progress.Empty;

    /// <summary>The row to write; null where nothing changes.</summary>
    public ProgressRow? Fold()
    {
        if (MustRefold)
        {
            var anew = Refolded ?? throw new InvalidOperationException("The stored activities have not been folded yet.");
            return Row is null && anew.Equals(Rules.Progress.Empty) ? null : ProgressRow.After(Row, on, anew);
        }

        var before = Row?.Progress ?? Rules.Progress.Empty;
        var after = before;
        foreach (var activity in Activities)
            after = Engine.Fold(on.Definition, after, activity);
        return ReferenceEquals(after, before) ? null : ProgressRow.After(Row, on, after);
    }
}
