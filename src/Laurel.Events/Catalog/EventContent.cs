using System.Diagnostics.CodeAnalysis;

namespace Laurel.Events.Catalog;

/// <summary>What is kept of each version of an event.</summary>
internal sealed record EventContent : EventRequest
{
    [SetsRequiredMembers]
    public EventContent(Event made) : base(made.Request) => (Status, Epoch, Offers) = (made.Status, made.Epoch, made.Offers);

    public EventStatus Status { get; }

    public int Epoch { get; }

    public IReadOnlyList<Offer> Offers { get; }
}
