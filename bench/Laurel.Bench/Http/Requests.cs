using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Laurel.Bench.Http;

/// <summary>Writes a connection's next request. Each connection has a writer of its own, which may keep state.</summary>
internal delegate void RequestWriter(ArrayBufferWriter<byte> buffer);

internal static class Requests
{
    /// <summary>Every connection sends the same bytes again and again.</summary>
    public static Func<int, RequestWriter> Always(byte[] request) => _ => buffer => buffer.Write(request);

    /// <summary>One connection posts a body that is written anew for each request.</summary>
    public static RequestWriter Posts(Uri server, string path, string? token, Action<Utf8JsonWriter> writeBody)
    {
        var head = Encoding.UTF8.GetBytes(PostHead(server, path, token));
        var body = new ArrayBufferWriter<byte>(1024);
        var json = new Utf8JsonWriter(body);
        return buffer =>
        {
            body.ResetWrittenCount();
            json.Reset();
            writeBody(json);
            json.Flush();
            buffer.Write(head);
            Encoding.UTF8.GetBytes($"{body.WrittenCount}\r\n\r\n", buffer);
            buffer.Write(body.WrittenSpan);
        };
    }

    public static byte[] Get(Uri server, string path, string? token = null) =>
        Encoding.UTF8.GetBytes($"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\n{Authorization(token)}\r\n");

    public static byte[] Post(Uri server, string path, string json, string? token = null) =>
        Encoding.UTF8.GetBytes($"{PostHead(server, path, token)}{Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");

    /// <summary>All but the length itself.</summary>
    private static string PostHead(Uri server, string path, string? token) =>
        $"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\n{Authorization(token)}Content-Type: application/json\r\nContent-Length: ";

    private static string Authorization(string? token) => token is null ? "" : $"Authorization: Bearer {token}\r\n";
}
