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

    /// <summary>The job that it is done for, if it is done for one.</summary>
    public JobId? For { get; init; }

    /// <summary>What the job makes of the row beyond folding into it.</summary>
    public Mending Mending { get; init; }

    /// <summary>
    /// Whether the row cannot be added to: it was folded under another epoch, or it is missing while the catch-up has not come by yet.
    /// </summary>
    public bool MustRefold => Row is null ? !on.IsSettled : Row.Epoch != on.Epoch;

    /// <summary>Folds one of the stored activities in, after <see cref="Refolded"/> was set to nothing.</summary>
    public void Add(Activity stored) => Refolded = Engine.Fold(on.Definition, Refolded!, stored);

    /// <summary>
    /// What the user has reached by what was read: where not all activities are stored any more, what it came to as long as they were.
    /// </summary>
    /// <exception cref="InvalidDataException">The stored state is none.</exception>
    public Rules.Progress Reached => Refolded ?? Row?.Progress ?? Rules.Progress.Empty;

    /// <summary>The row to write; null where nothing changes.</summary>
    public ProgressRow? Fold()
    {
        if (MustRefold)
        {
            var anew = Refolded ?? throw new InvalidOperationException("The stored activities have not been folded yet.");
            if (Row is null && anew.IsEmpty)
                return null;
            return Mending == Mending.Repair ? ProgressRow.Folded(Row, on, anew) : ProgressRow.After(Row, on, anew);
        }

        var before = Row?.Progress ?? Rules.Progress.Empty;
        var after = before;
        foreach (var activity in Activities)
            after = Engine.Fold(on.Definition, after, activity);
        if (!ReferenceEquals(after, before))
            return ProgressRow.After(Row, on, after);
        return Mending == Mending.Rejudge && Row is { } row && row.Met != Engine.MetBits(on.Definition, before) ? ProgressRow.After(Row, on, before) : null;
    }

    /// <summary>
    /// What was gained and what was lost, in bits of <see cref="ProgressRow.Met"/>, by counting or judging the row anew: not by the
    /// activities that were added to it, unless it was counted anew for their sake. Of offers that are no more nothing is said.
    /// </summary>
    public (long Gained, long Lost) Changed()
    {
        var before = Row?.Met ?? 0;
        var after = MustRefold || Activities.Count == 0 ? Written!.Met : Engine.MetBits(on.Definition, Row?.Progress ?? Rules.Progress.Empty);
        return (after & ~before & on.KnownBits, before & ~after & on.KnownBits);
    }
}

internal enum Mending
{
    None,

    /// <summary>Where only who has met which goal has changed, that is written too.</summary>
    Rejudge,

    /// <summary>The mark of a row under repair is taken away.</summary>
    Repair,
}
