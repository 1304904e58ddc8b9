using System.ComponentModel;
using Laurel.Events.Activities;
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
    private const string IdMeans = "As it is reported with activities: Laurel's own account id, or the game's.";

    public static void MapWallet(this IEndpointRouteBuilder routes)
    {
        var mine = routes.MapGroup("/v1/me/points").WithGroupName("events").WithTags("claiming").AllowSignedIn();
        mine.MapGet("", Mine).WithSummary("My points");
        mine.MapGet("/entries", Entries).WithSummary("Where my points came from and went, newest first");

        var theirs = routes.MapGroup("/v1/users/{id}/points").WithGroupName("events").WithTags("support").Allow(Role.Operator, Role.Auditor);
        theirs.MapGet("", Theirs)
            .WithSummary("A user's points")
            .WithDescription("Nothing is known of who has an account: whoever never had points has none.");
        theirs.MapGet("/entries", TheirEntries).WithSummary("Where a user's points came from and went, newest first");
    }

    private static async Task<Ok<PointsView>> Mine(Caller caller, Wallets wallets, CancellationToken cancellation) =>
        TypedResults.Ok(new PointsView(await wallets.Balance(caller.Subject, cancellation)));

    private static async Task<Ok<Page<PointsEntry>>> Entries(
        [AsParameters] PageQuery page, Caller caller, Wallets wallets, Cursors cursors, CancellationToken cancellation) =>
        TypedResults.Ok(await Read("me/points", caller.Subject, page, wallets, cursors, cancellation));

    private static async Task<Results<Ok<PointsView>, Problem>> Theirs(
        [Description(IdMeans)] string id, HttpContext http, Wallets wallets, CancellationToken cancellation)
    {
        var userId = UserInPath.Of(http, id);
        return ActivityRules.IsUserId(userId)
            ? TypedResults.Ok(new PointsView(await wallets.Balance(userId, cancellation)))
            : new Problem(Errors.NotFound);
    }

    private static async Task<Results<Ok<Page<PointsEntry>>, Problem>> TheirEntries(
        [Description(IdMeans)] string id, [AsParameters] PageQuery page, HttpContext http, Wallets wallets, Cursors cursors, CancellationToken cancellation)
    {
        var userId = UserInPath.Of(http, id);
        return ActivityRules.IsUserId(userId)
            ? TypedResults.Ok(await Read($"users/{userId}/points", userId, page, wallets, cursors, cancellation))
            : new Problem(Errors.NotFound);
    }

    private static async Task<Page<PointsEntry>> Read(
        string list, string userId, PageQuery page, Wallets wallets, Cursors cursors, CancellationToken cancellation)
    {
        var rows = await wallets.Entries(userId, cursors.Read<Guid?>(list, page), page.Size + 1, cancellation);
        return cursors.Page(list, page, [.. rows.Select(PointsEntry.Of)], entry => entry.Id.Value);
    }
}
