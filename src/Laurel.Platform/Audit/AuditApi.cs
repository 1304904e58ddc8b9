using System.ComponentModel;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Platform.Audit;

/// <summary>A service's trail, for auditors.</summary>
public static class AuditApi
{
    /// <param name="routes">Where to map it.</param>
    /// <param name="service">Whose trail, and in which document it is described.</param>
    /// <param name="path">Below which it stands.</param>
    public static void MapAudit(this IEndpointRouteBuilder routes, string service, string path)
    {
        var reader = routes.ServiceProvider.GetRequiredKeyedService<AuditReader>(service);
        var audit = routes.MapGroup(path).WithGroupName(service).WithTags("audit").Allow(Role.Auditor);
        audit.MapGet("", List(service, reader))
            .WithSummary("What staff and services changed, newest first")
            .WithDescription("Activities, players' own claims and logins have lists of their own.");
        audit.MapGet("/checkpoint", Latest(reader))
            .WithSummary("How far the chain of the trail reaches, signed: to be kept elsewhere")
            .WithDescription("There is a new one every minute in which something was chained, and every thousand rows; each is logged as well.")
            .Answers(Errors.NotFound);
    }

    private static Delegate List(string service, AuditReader reader) => async Task<Ok<Page<AuditView>>> (
        [AsParameters] PageQuery page,
        Cursors cursors,
        CancellationToken cancellation,
        [Description("Only what this account or service account did.")] string? actor = null,
        [Description("Only this, such as `claim.approved`.")] string? action = null,
        [Description("Only what was done to this kind of thing, such as `claim`.")] string? subjectKind = null,
        [Description("Only what was done to the one with this id.")] string? subjectId = null,
        [Description("Only what was done at this time or later.")] DateTimeOffset? from = null,
        [Description("Only what was done before this time.")] DateTimeOffset? to = null) =>
    {
        var list = $"audit/{service}";
        var filter = new AuditFilter(actor, action, subjectKind, subjectId, from, to);
        var rows = await reader.List(filter, cursors.Read<long?>(list, page), page.Size + 1, cancellation);
        return TypedResults.Ok(cursors.Page(list, page, rows, row => row.Id));
    };

    private static Delegate Latest(AuditReader reader) => async Task<Results<Ok<CheckpointView>, Problem>> (CancellationToken cancellation) =>
        await reader.Latest(cancellation) is { } found ? TypedResults.Ok(found) : new Problem(Errors.NotFound);
}
