using System.IO.Pipelines;
using System.Reflection;
using System.Text.Json;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Laurel.Events.Claims;

/// <summary>
/// All claims that match a filter, as CSV, a page in memory at a time: a slow reader holds neither rows nor a connection. No statement
/// lasts longer than its page, so none is too long and none keeps old rows from being removed; a failure in the middle ends the
/// connection, so that nobody takes half a file for the whole.
/// </summary>
internal sealed class ClaimsFile : IResult, IEndpointMetadataProvider
{
    public const string MediaType = "text/csv";

    private const int PageSize = 1_000;

    private readonly ClaimReader _claims;
    private readonly ClaimFilter _filter;
    private readonly List<Claim> _first;

    private ClaimsFile(ClaimReader claims, ClaimFilter filter, List<Claim> first) => (_claims, _filter, _first) = (claims, filter, first);

    /// <summary>With the first page, so that what cannot be read at all is refused as usual.</summary>
    public static async Task<ClaimsFile> Begin(ClaimReader claims, ClaimFilter filter, CancellationToken cancellation) =>
        new(claims, filter, await claims.List(filter, before: null, PageSize, cancellation));

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => builder.Metadata.Add(new FileAnswer(MediaType));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = $"{MediaType}; charset=utf-8; header=present";
        response.Headers.ContentDisposition = "attachment; filename=\"claims.csv\"";
        CsvText.WriteRow(
            response.BodyWriter, "id", "userId", "eventId", "offerId", "rewardId", "rewardName", "window", "status", "origin", "points", "contents",
            "createdAt", "completedAt", "decidedBy", "decidedAt", "reason");
        var cancellation = httpContext.RequestAborted;
        for (var page = _first; page.Count > 0; page = page.Count < PageSize ? [] : await _claims.List(_filter, page[^1].Id.Value, PageSize, cancellation))
        {
            foreach (var claim in page)
                Write(response.BodyWriter, claim);
            await response.BodyWriter.FlushAsync(cancellation);
        }
    }

    private static void Write(PipeWriter output, Claim claim)
    {
        var view = ClaimView.Of(claim, forStaff: true);
        CsvText.WriteRow(
            output, $"{view.Id}", view.UserId, $"{view.EventId}", $"{view.OfferId}", $"{view.RewardId}", view.RewardName, $"{view.Window:yyyy-MM-dd}",
            WireNames<ClaimStatus>.Of(view.Status), WireNames<ClaimOrigin>.Of(view.Origin), $"{claim.Points}",
            JsonSerializer.Serialize(view.Contents, JsonRules.Options), Shown(view.CreatedAt), Shown(view.CompletedAt), view.DecidedBy, Shown(view.DecidedAt), view.Reason);
    }

    private static string? Shown(DateTimeOffset? time) => time is { } known ? Time.Write(known) : null;
}
