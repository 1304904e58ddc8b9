using System.Buffers;
using System.Text.Json;

namespace Laurel.Gateway.Proxying;

/// <summary>Whether each object of a body has an id by which it happens once. Nothing else of it is looked at.</summary>
internal static class BodyIds
{
    /// <param name="body">All of it has come: it is held in memory no longer than it is looked at.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="cancellation">When the client has gone.</param>
    public static async ValueTask<bool> AreThere(Stream body, int length, CancellationToken cancellation)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await body.ReadExactlyAsync(bytes.AsMemory(0, length), cancellation);
            return AreThere(bytes.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    internal static bool AreThere(ReadOnlySpan<byte> json)
    {
        try
        {
            return Read(json);
        }
        // Half of a surrogate pair in a name is no text to compare with.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read())
            return false;
        if (reader.TokenType == JsonTokenType.StartObject)
            return HasId(ref reader);
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            if (!HasId(ref reader))
                return false;
        }

        return reader.TokenType == JsonTokenType.EndArray;
    }

    private static bool HasId(ref Utf8JsonReader reader)
    {
        var found = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("id"u8);
            if (!reader.Read())
                return false;
            found |= isId && reader.TokenType == JsonTokenType.String;
            reader.Skip();
        }

        return found;
    }
}
