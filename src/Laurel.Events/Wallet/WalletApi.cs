using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Wallet;

public sealed record PointsView(long Balance);

/// <summary>One change of a user's points.</summary>
/// <param name="Id">The transfer.</param>
/// <param name="Amount">What came, or (negative) went.</param>
/// <param name="Kind">What it was for.</param>
/// <param name="Reason">In words: the reward's name, or what a service said of it.</param>
/// <param name="CreatedAt">When.</param>
public sealed record PointsEntry(TransferId Id, long Amount, TransferKind Kind, string? Reason, DateTimeOffset CreatedAt)
{
    internal static PointsEntry Of(Transfer transfer) =>
        new(transfer.Id, transfer.ToUser ? transfer.Amount : -transfer.Amount, transfer.Kind, transfer.Reason, transfer.At);
}

internal static class WalletApi
{
    public static void MapWallet(this IEndpointRouteBuilder routes)
    {
        var mine = routes.MapGroup("/v1/me/points").WithGroupName("events").WithTags("claiming").AllowSignedIn();
        mine.MapGet("", Mine).WithSummary("My points");
        mine.MapGet("/entries", Entries).WithSummary("Where my points came from and went, newest first");
    }

    private static async Task<Ok<PointsView>> Mine(Caller caller, Wallets wallets, CancellationToken cancellation) =>
        TypedResults.Ok(new PointsView(await wallets.Balance(caller.Subject, cancellation)));

    private static async Task<Ok<Page<PointsEntry>>> Entries(
        [AsParameters] PageQuery page, Caller caller, Wallets wallets, Cursors cursors, CancellationToken cancellation)
    {
        var rows = await wallets.Entries(caller.Subject, cursors.Read<Guid?>("me/points", page), page.Size + 1, cancellation);
        return TypedResults.Ok(cursors.Page("me/points", page, [.. rows.Select(PointsEntry.Of)], entry => entry.Id.Value));
    }
}
