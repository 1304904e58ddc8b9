using System.Buffers;
using System.Text;

namespace Laurel.Bench.Http;

/// <summary>Writes a connection's next request. Each connection has a writer of its own, which may keep state.</summary>
internal delegate void RequestWriter(ArrayBufferWriter<byte> buffer);

internal static class Requests
{
    /// <summary>Every connection sends the same bytes again and again.</summary>
    public static Func<int, RequestWriter> Always(byte[] request) => _ => buffer => buffer.Write(request);

    public static byte[] Get(Uri server, string path, string? token = null) =>
        Encoding.UTF8.GetBytes($"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\n{Authorization(token)}\r\n");

    public static byte[] Post(Uri server, string path, string json, string? token = null) =>
        Encoding.UTF8.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\n{Authorization(token)}" +
            $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");

    private static string Authorization(string? token) => token is null ? "" : $"Authorization: Bearer {token}\r\n";
}
