using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Laurel.Platform.Tokens;

/// <summary>What signer and verifier agree on: one kind of token (RFC 9068), one algorithm.</summary>
internal static class TokenFormat
{
    public const string Algorithm = "RS256";
    public const string Type = "at+jwt";

    /// <summary>A longer token is refused before anything is done with it.</summary>
    public const int MaxLength = 8192;

    private static readonly SearchValues<byte> Base64UrlAlphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>Media types ignore letter case, and RFC 9068 allows the long form.</summary>
    public static bool IsMediaType(string? text, string type) =>
        string.Equals(text, type, StringComparison.OrdinalIgnoreCase) || string.Equals(text, $"application/{type}", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Decodes only what an encoder would have written, so that no two texts are the same token. The framework's decoder
    /// refuses stray trailing bits itself, but lets white space and padding pass.
    /// </summary>
    public static byte[]? DecodeStrictly(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text.ContainsAnyExcept(Base64UrlAlphabet))
            return null;

        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        var status = Base64Url.DecodeFromUtf8(text, bytes, out var consumed, out var written);
        return status is OperationStatus.Done && consumed == text.Length ? bytes[..written] : null;
    }

    /// <summary>Null for anything that is not one JSON object without duplicate members.</summary>
    public static JsonDocument? ParseObject(ReadOnlyMemory<byte> json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, Strict);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a member's name holds half a surrogate pair or bytes that are not UTF-8.
            return null;
        }

        if (document.RootElement.ValueKind is JsonValueKind.Object)
            return document;

        document.Dispose();
        return null;
    }

    /// <summary>The member's text; null when it is absent, empty, of another kind, or no valid text.</summary>
    public static string? Text(JsonElement parent, ReadOnlySpan<byte> name) => parent.TryGetProperty(name, out var member) ? Text(member) : null;

    /// <summary>False for a member that is there and no text.</summary>
    public static bool OptionalText(JsonElement parent, ReadOnlySpan<byte> name, out string? text)
    {
        text = null;
        return !parent.TryGetProperty(name, out var member) || (text = Text(member)) is not null;
    }

    /// <summary>Null for what is empty, of another kind, or no valid text.</summary>
    public static string? Text(JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.String)
            return null;

        try
        {
            return value.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
