using System.Text.Json;

namespace Laurel.Gateway.Proxying;

/// <summary>Whether each object of a body has an id by which it happens once. Nothing else of it is looked at.</summary>
internal static class BodyIds
{
    public static async ValueTask<bool> AreThere(Stream body, int length, CancellationToken cancellation)
    {
        var bytes = new byte[length];
        try
        {
            await body.ReadExactlyAsync(bytes, cancellation);
            return AreThere(bytes);
        }
        catch (Exception exception) when (exception is EndOfStreamException or JsonException)
        {
            return false;
        }
    }

    internal static bool AreThere(ReadOnlySpan<byte> json)
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
