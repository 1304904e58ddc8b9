using System.Buffers.Text;
using System.Text;

namespace Laurel.Bench.Http;

internal enum ResponseState
{
    Incomplete,
    Malformed,
    Complete,
}

/// <summary>As much of an HTTP/1.1 response as measuring needs: its status, and its length in bytes with head and body.</summary>
internal readonly record struct Response(int Status, int Length, bool Closes)
{
    private const int StatusLineLength = 12;

    public bool Succeeded => Status is >= 200 and < 300;

    public static ResponseState Read(ReadOnlySpan<byte> bytes, out Response response)
    {
        response = default;
        var headLength = bytes.IndexOf("\r\n\r\n"u8) + 4;
        if (headLength < 4)
            return ResponseState.Incomplete;

        var head = bytes[..(headLength - 2)];
        if (!head.StartsWith("HTTP/1.1 "u8)
            || !Utf8Parser.TryParse(head[9..], out int status, out var digits)
            || digits != 3
            || status < 200
            || head[StatusLineLength] is not ((byte)' ' or (byte)'\r'))
        {
            return ResponseState.Malformed;
        }

        int? contentLength = null;
        var chunked = false;
        var closes = false;
        foreach (var line in new Lines(head))
        {
            if (ValueOf(line, "Content-Length:"u8) is { IsEmpty: false } length)
            {
                if (!Utf8Parser.TryParse(length, out int value, out var used) || used != length.Length || value < 0)
                    return ResponseState.Malformed;
                contentLength = value;
            }
            else if (ValueOf(line, "Transfer-Encoding:"u8) is { IsEmpty: false } encoding)
            {
                chunked = Ascii.EqualsIgnoreCase(encoding, "chunked"u8);
            }
            else if (ValueOf(line, "Connection:"u8) is { IsEmpty: false } connection)
            {
                closes = Ascii.EqualsIgnoreCase(connection, "close"u8);
            }
        }

        var bodyLength = 0;
        if (status is not (204 or 304))
        {
            if (chunked)
            {
                var state = ReadChunks(bytes[headLength..], out bodyLength);
                if (state is not ResponseState.Complete)
                    return state;
            }
            else if (contentLength is { } length)
            {
                bodyLength = length;
            }
            else
            {
                // A body that ends with the connection cannot be told from a broken one.
                return ResponseState.Malformed;
            }
        }

        if (bytes.Length - headLength < bodyLength)
            return ResponseState.Incomplete;

        response = new Response(status, headLength + bodyLength, closes);
        return ResponseState.Complete;
    }

    private static ResponseState ReadChunks(ReadOnlySpan<byte> body, out int length)
    {
        length = 0;
        while (true)
        {
            var lineLength = body[length..].IndexOf("\r\n"u8);
            if (lineLength < 0)
                return ResponseState.Incomplete;

            var line = body.Slice(length, lineLength);
            if (!Utf8Parser.TryParse(line, out int size, out var used, 'x') || size < 0 || (used < line.Length && line[used] != (byte)';'))
                return ResponseState.Malformed;

            length += lineLength + 2;
            if (size == 0)
                return SkipTrailers(body, ref length);
            if (body.Length - length - 2 < size)
                return ResponseState.Incomplete;
            if (!body[(length + size)..].StartsWith("\r\n"u8))
                return ResponseState.Malformed;
            length += size + 2;
        }
    }

    private static ResponseState SkipTrailers(ReadOnlySpan<byte> body, ref int length)
    {
        while (true)
        {
            var lineLength = body[length..].IndexOf("\r\n"u8);
            if (lineLength < 0)
                return ResponseState.Incomplete;
            length += lineLength + 2;
            if (lineLength == 0)
                return ResponseState.Complete;
        }
    }

    private static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name) ? line[name.Length..].Trim((byte)' ') : default;

    /// <summary>The lines of a head, each of which ends with CR LF.</summary>
    private ref struct Lines(ReadOnlySpan<byte> head)
    {
        private ReadOnlySpan<byte> _rest = head;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly Lines GetEnumerator() => this;

        public bool MoveNext()
        {
            var end = _rest.IndexOf("\r\n"u8);
            if (end < 0)
                return false;
            Current = _rest[..end];
            _rest = _rest[(end + 2)..];
            return true;
        }
    }
}
