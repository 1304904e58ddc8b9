using Laurel.Events.Catalog;
using Laurel.Events.Jobs;
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
    /// Whether a row is written also where nothing changes. So a void that folds it anew at the same moment, and does not see these
    /// activities yet, is refused by the row's version.
    /// </summary>
    public bool IsAlwaysWritten { get; init; }

    /// <summary>
    /// Whether the row cannot be added to: it was folded under another epoch, it is missing while the catch-up has not come by yet, or
    /// activities that count in it were taken back.
    /// </summary>
    public bool MustRefold => Mending == Mending.Void || IsOutdated;

    /// <summary>Whether it is for the catch-up to tell what counting the row anew has changed.</summary>
    private bool IsOutdated => Row is null ? !on.IsSettled : Row.Epoch != on.Epoch;

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
            // A catch-up that saw the activities before they were taken back must find a row that refuses it.
            return Row is null && anew.IsEmpty && (Mending != Mending.Void || on.IsSettled) ? null : ProgressRow.After(Row, on, anew);
        }

        var before = Row?.Progress ?? Rules.Progress.Empty;
        var after = before;
        foreach (var activity in Activities)
            after = Engine.Fold(on.Definition, after, activity);
        if (!ReferenceEquals(after, before) || (IsAlwaysWritten && Row is not null))
            return ProgressRow.After(Row, on, after);
        return Mending == Mending.Rejudge && Row is { } row && row.Met != Engine.MetBits(on.Definition, before) ? ProgressRow.After(Row, on, before) : null;
    }

    /// <summary>
    /// Bits of offers that are to be claimed for the user: those whose condition was not met before; or all that are met, where the row was
    /// counted or judged anew. That is what an event gets when it is switched on again, or an offer that did not claim itself before.
    /// </summary>
    public long Due
    {
        get
        {
            if (on.AutoBits == 0)
                return 0;
            var isAnew = IsOutdated || Mending == Mending.Rejudge;
            var met = Written?.Met ?? (Mending == Mending.Rejudge ? Row?.Met ?? 0 : 0);
            return met & ~(isAnew ? 0 : Row?.Met ?? 0) & on.AutoBits;
        }
    }

    /// <summary>Whether there is a job that may want to know what was gained and lost.</summary>
    public bool MayTell => For is not null || on.CatchUp is not null || on.Rejudge is not null;

    /// <summary>
    /// What was gained and what was lost by counting or judging the row anew, and the job to tell; not by the activities that were added
    /// to it, unless it was counted anew for their sake. Of offers that are no more nothing is said.
    /// </summary>
    public IEnumerable<Change> Changes()
    {
        if (Written is null)
            yield break;

        var stored = Row?.Met ?? 0;
        if (IsOutdated)
        {
            if (Between(on.CatchUp ?? For, stored, Written.Met) is { } recounted)
                yield return recounted;
            yield break;
        }

        // Nobody wants to know, and it is not for nothing.
        if (on.Rejudge is null && Mending == Mending.None)
            yield break;
        var judged = Engine.MetBits(on.Definition, Row?.Progress ?? Rules.Progress.Empty);
        if (Between(on.Rejudge ?? (Mending == Mending.Rejudge ? For : null), stored, judged) is { } rejudged)
            yield return rejudged;
        if (Mending == Mending.Void && Between(For, judged, Written.Met) is { } taken)
            yield return taken;
    }

    private Change? Between(JobId? job, long before, long after)
    {
        var (gained, lost) = (after & ~before & on.KnownBits, before & ~after & on.KnownBits);
        return job is { } told && (gained | lost) != 0 ? new Change(told, key, gained, lost) : null;
    }
}

internal enum Mending
{
    None,

    /// <summary>Where only who has met which goal has changed, that is written too.</summary>
    Rejudge,

    /// <summary>Activities that counted in it have been taken back.</summary>
    Void,
}
