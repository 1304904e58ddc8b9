using Laurel.Platform.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Platform.Limits;

/// <summary>
/// Bounds how much a service works on at once, and refuses the rest early with 503. A request has its place from when its body is there
/// until its answer begins: nobody can hold one by sending or reading slowly.
/// </summary>
internal sealed class Admission(RequestDelegate next, AdmissionLines lines)
{
    public Task InvokeAsync(HttpContext context)
    {
        var line = LineOf(context.GetEndpoint());
        return line is null ? next(context) : Through(line, context);
    }

    /// <summary>None where there is no service's work behind it, where it waits elsewhere, and for what watches over Laurel.</summary>
    private AdmissionLine? LineOf(Endpoint? endpoint) =>
        endpoint?.Metadata.GetMetadata<IEndpointGroupNameMetadata>() is { } service
        && endpoint.Metadata.GetMetadata<OwnLine>() is null
        && LimitKinds.Of(endpoint) != LimitKind.None
            ? lines.Of(service.EndpointGroupName)
            : null;

    private async Task Through(AdmissionLine line, HttpContext context)
    {
        await BodyIsThere(context);
        if (!await line.Enter())
        {
            lines.Refused();
            await new Problem(Errors.Overloaded) { RetryAfter = TimeSpan.FromSeconds(1) }.ExecuteAsync(context);
            return;
        }

        var place = new Place(line);
        try
        {
            context.Response.OnStarting(static place =>
            {
                ((Place)place).Leave();
                return Task.CompletedTask;
            }, place);
            await next(context);
        }
        finally
        {
            place.Leave();
        }
    }

    /// <summary>
    /// Waits for a body that the endpoint reads, and leaves it where it is. It is small enough to be held; files, which are larger than
    /// other bodies may be and are sent by staff alone, are read as they come.
    /// </summary>
    private static async ValueTask BodyIsThere(HttpContext context)
    {
        var endpoint = context.GetEndpoint()!.Metadata;
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true
            || endpoint.GetMetadata<IAcceptsMetadata>() is null
            || endpoint.GetMetadata<IRequestSizeLimitMetadata>() is { MaxRequestBodySize: null or > PlatformSetup.MaxBodyBytes })
            return;

        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            reader.AdvanceTo(read.Buffer.Start, read.IsCompleted ? read.Buffer.Start : read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }

    /// <summary>Left once, by whichever comes first.</summary>
    private sealed class Place(AdmissionLine line)
    {
        private int _isLeft;

        public void Leave()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
                line.Leave();
        }
    }
}
