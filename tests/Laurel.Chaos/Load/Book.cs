using System.Collections.Concurrent;
using Laurel.Tests.Support;

namespace Laurel.Chaos.Load;

/// <summary>A change of somebody's points that was acknowledged.</summary>
internal sealed record Moved(string UserId, long Amount, string Transfer);

/// <summary>What clients were promised. The judge holds what is stored against it.</summary>
internal sealed class Book(History history)
{
    /// <summary>By user and id: how often it was told that it is new.</summary>
    public ConcurrentDictionary<(string UserId, string Id), int> Activities { get; } = new();

    /// <summary>By user and offer: the claims that were told to be granted or waiting.</summary>
    public ConcurrentDictionary<(string UserId, string Offer), string> Claims { get; } = new();

    /// <summary>Who was told that there is none left, and how they ask once more.</summary>
    public ConcurrentDictionary<(string UserId, string Offer), Func<Task>> SoldOut { get; } = new();

    /// <summary>By the key of the request.</summary>
    public ConcurrentDictionary<string, Moved> Moves { get; } = new(StringComparer.Ordinal);

    /// <summary>By claim and verb: who was told that it was their decision.</summary>
    public ConcurrentDictionary<(string Claim, string Verb), string> Rulings { get; } = new();

    /// <summary>What clients left behind who gave up; somebody has to find out what became of it.</summary>
    public ConcurrentQueue<Func<Task>> Unsettled { get; } = new();

    private readonly ConcurrentDictionary<string, string> _answers = new(StringComparer.Ordinal);

    public void Reported(string userId, string id, string outcome)
    {
        Activities.AddOrUpdate((userId, id), outcome == "accepted" ? 1 : 0, (_, before) => outcome == "accepted" ? before + 1 : before);
        if (outcome is not ("accepted" or "duplicate"))
            history.Violated($"The activity {id} of {userId} was {outcome}.");
    }

    public void Claimed(string userId, string offer, string claim)
    {
        if (Claims.GetOrAdd((userId, offer), claim) is var first && first != claim)
            history.Violated($"{userId} was told of two claims on {offer}: {first} and {claim}.");
    }

    public void HasMoved(string key, Moved moved)
    {
        if (Moves.GetOrAdd(key, moved) is var first && first != moved)
            history.Violated($"{key} was told to be {first} and {moved}.");
    }

    public void Ruled(string claim, string verb, string by)
    {
        if (Rulings.GetOrAdd((claim, verb), by) is var first && first != by)
            history.Violated($"Both {first} and {by} were told that they {verb} {claim}.");
    }

    /// <summary>Whatever is done is answered the same under the same key.</summary>
    public void Answered(string key, Answer answer)
    {
        if (_answers.GetOrAdd(key, answer.Text) is var first && first != answer.Text)
            history.Violated($"{key} was answered in two ways: {first} and {answer.Text}");
    }
}
