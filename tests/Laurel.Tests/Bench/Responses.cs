using System.Text;
using Laurel.Bench.Http;

namespace Laurel.Tests.Bench;

public sealed class Responses
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, false)]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length:  0 \r\n\r\n", 200, false)]
    [InlineData("HTTP/1.1 200 OK\r\nServer: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", 200, false)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\nTrailer: 1\r\nOther: 2\r\n\r\n", 200, false)]
    [InlineData("HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n", 204, false)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", 304, false)]
    [InlineData("HTTP/1.1 503\r\nContent-Length: 1\r\nConnection: close\r\n\r\n!", 503, true)]
    public void A_response_is_complete_with_its_last_byte_and_not_before(string text, int status, bool closes)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var length = 0; length < bytes.Length; length++)
            Assert.Equal(ResponseState.Incomplete, Response.Read(bytes.AsSpan(0, length), out _));

        Assert.Equal(ResponseState.Complete, Response.Read([.. bytes, .. "HTTP/1.1"u8], out var response));
        Assert.Equal(new Response(status, bytes.Length, closes), response);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 -20 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n")]
    [InlineData("220 mail.example ESMTP\r\n\r\n")]
    [InlineData("\r\n\r\n")]
    public void What_is_no_response_is_malformed(string text)
    {
        Assert.Equal(ResponseState.Malformed, Response.Read(Encoding.ASCII.GetBytes(text), out _));
    }
}
