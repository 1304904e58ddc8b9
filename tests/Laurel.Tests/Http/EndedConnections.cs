using Laurel.Platform.Http;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Laurel.Tests.Http;

/// <summary>PostgreSQL has ended a connection that was in use: that says nothing about the request, which may be sent again.</summary>
public sealed class EndedConnections(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Theory]
    [InlineData("FATAL", PostgresErrorCodes.AdminShutdown, 503)]
    [InlineData("FATAL", PostgresErrorCodes.CrashShutdown, 503)]
    // A process that was stopped in the middle of a transaction, and goes on.
    [InlineData("FATAL", "25P03", 503)]
    [InlineData("PANIC", PostgresErrorCodes.InternalError, 503)]
    [InlineData("ERROR", PostgresErrorCodes.DivisionByZero, 500)]
    public async Task Are_answered_with_503(string severity, string state, int status)
    {
        var context = new DefaultHttpContext { RequestServices = app.Services };
        var answers = new ProblemAnswers(_ => throw new PostgresException("Over.", severity, severity, state), NullLogger<ProblemAnswers>.Instance);

        await answers.InvokeAsync(context);

        Assert.Equal(status, context.Response.StatusCode);
        Assert.Equal(status == 503, context.Response.Headers.ContainsKey("Retry-After"));
    }
}
