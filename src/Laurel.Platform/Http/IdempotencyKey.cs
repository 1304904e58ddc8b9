using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Laurel.Platform.Http;

/// <summary>What a request is known by when its sender does not know whether it had its effect, and sends it again.</summary>
/// <param name="Text">As the sender chose it; scoped to the sender.</param>
/// <param name="Fingerprint">Of all that the request asks for.</param>
public sealed record IdempotencyKey(string Text, byte[] Fingerprint)
{
    /// <summary>Whether a stored fingerprint is that of the same request.</summary>
    public bool Fits(ReadOnlySpan<byte> stored) => stored.SequenceEqual(Fingerprint);
}

/// <summary>The header <c>Idempotency-Key</c>, where an endpoint honours it.</summary>
public sealed class IdempotencyKeyHeader : IEndpointParameterMetadataProvider
{
    public const string Name = "Idempotency-Key";
    private const int MaxLength = 255;

    private readonly string? _text;

    private IdempotencyKeyHeader(string? text) => _text = text;

    /// <summary>The key of this request, which asks for this; null where none was sent.</summary>
    public IdempotencyKey? For(string request) => _text is null ? null : new(_text, SHA256.HashData(Encoding.UTF8.GetBytes(request)));

    public static ValueTask<IdempotencyKeyHeader?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        var sent = context.Request.Headers[Name];
        if (sent.Count == 0)
            return ValueTask.FromResult<IdempotencyKeyHeader?>(new IdempotencyKeyHeader(null));
        if (sent is not [{ Length: >= 1 and <= MaxLength } text] || text.Any(letter => letter is < '!' or > '~'))
            throw new ProblemException(new Problem(Errors.BadRequest) { Detail = $"{Name} has 1 to {MaxLength} visible ASCII characters, and is sent once." });
        return ValueTask.FromResult<IdempotencyKeyHeader?>(new IdempotencyKeyHeader(text));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new RequestHeader(Name, "Of your choice. The same request under the same key has its effect once, and is answered the same."));
        builder.Metadata.Add(new Refusals([Errors.BadRequest]));
    }
}
