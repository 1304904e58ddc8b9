using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Laurel.Platform.Http;

/// <summary>The version that a writer has seen, from <c>If-Match</c>. A version is a strong ETag: its number in quotes.</summary>
public sealed class IfMatch : IEndpointParameterMetadataProvider
{
    /// <summary>Of a writer who has seen none.</summary>
    public static readonly IfMatch None = new(null);

    private readonly IList<EntityTagHeaderValue>? _seen;

    private IfMatch(IList<EntityTagHeaderValue>? seen) => _seen = seen;

    public bool IsAbsent => _seen is null;

    public bool Permits(int version) =>
        _seen is null || _seen.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(new EntityTagHeaderValue(Tag(version)), useStrongComparison: true));

    /// <summary>Tells the version that an answer shows.</summary>
    public static void Tell(HttpResponse response, int version) => response.Headers.ETag = Tag(version);

    public static ValueTask<IfMatch?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        var header = context.Request.Headers.IfMatch;
        if (header.Count == 0)
            return ValueTask.FromResult<IfMatch?>(None);
        return EntityTagHeaderValue.TryParseStrictList([.. header.OfType<string>()], out var tags)
            ? ValueTask.FromResult<IfMatch?>(new IfMatch(tags))
            : throw new ProblemException(new Problem(Errors.BadRequest) { Detail = "If-Match names ETags as they were given, quotes included." });
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new RequestHeader(
            "If-Match",
            "The ETag of the version that this change is meant for: of what operators have set. What changes by itself, such as a phase, has no part in it."));
        builder.Metadata.Add(new Refusals([Errors.BadRequest, Errors.VersionMismatch]));
    }

    private static string Tag(int version) => $"\"{version}\"";
}

/// <summary>A header that an endpoint reads by itself, for its OpenAPI document.</summary>
internal sealed record RequestHeader(string Name, string Description);
