using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Laurel.Platform;
using Laurel.Platform.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Laurel.Tests.Platform.Telemetry;

public sealed class LogTests
{
    private const string Nasty = "a\r\n{\"level\":\"forged\"}\u2028\u2029\u0085\0\u001b[2J\u202e\ud800 \"b\" 상";

    private readonly MemoryStream _output = new();

    [Fact]
    public void A_line_is_an_object_with_time_level_logger_message_trace_and_values()
    {
        using var activity = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        var logger = Json();
        using (logger.BeginScope("outer"))
        using (logger.BeginScope(new Dictionary<string, object> { ["requestId"] = "r1", ["User"] = "overridden" }))
        using (logger.BeginScope("job {Job}", 7))
            logger.LogWarning("User {User} has {Points} points, {Share} of all, {Flag}, {List}, {Nothing}.", "kim", 12L, 0.5, true, new[] { "x", "y" }, null);

        Assert.Equal(
            $$$"""{"time":"2026-03-01T09:30:00.250Z","level":"warning","logger":"Laurel.Test","message":"User kim has 12 points, 0.5 of all, True, x, y, (null).","traceId":"{{{activity.TraceId}}}","spanId":"{{{activity.SpanId}}}","values":{"scope":"outer","requestId":"r1","User":"kim","Job":7,"Points":12,"Share":0.5,"Flag":true,"List":"x, y","Nothing":null}}""" + "\n",
            Text());
    }

    [Fact]
    public void An_exception_is_told_with_its_causes()
    {
        Json().LogError(Thrown(), "It failed.");

        var exception = Line().GetProperty("exception");
        Assert.Equal("System.InvalidOperationException", exception.GetProperty("type").GetString());
        Assert.Equal("the outer", exception.GetProperty("message").GetString());
        Assert.Contains(nameof(Thrown), exception.GetProperty("stack").GetString(), StringComparison.Ordinal);
        Assert.Equal("the inner", exception.GetProperty("inner").GetProperty("message").GetString());
    }

    [Fact]
    public void Nothing_that_is_logged_can_start_a_new_line_or_forge_a_field()
    {
        var logger = Json(Nasty);
        using (logger.BeginScope<object>(Nasty))
        using (logger.BeginScope(new Dictionary<string, object> { [Nasty] = Nasty }))
#pragma warning disable CA2254, CA2017 // The template is hostile on purpose.
            logger.LogError(new InvalidOperationException(Nasty), Nasty.Replace('{', '(').Replace('}', ')') + "{Value}", Nasty);
#pragma warning restore CA2254, CA2017

        var text = Text();
        Assert.Equal(text.Length - 1, text.IndexOf('\n', StringComparison.Ordinal));
        Assert.DoesNotContain(text[..^1], character => char.IsControl(character) || character is '\u2028' or '\u2029');
        Assert.Equal("error", Line().GetProperty("level").GetString());
        Assert.Equal(Nasty.Replace('\ud800', '\ufffd'), Line().GetProperty("values").GetProperty("Value").GetString());
        Assert.Contains("상", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_is_bounded_whatever_is_logged()
    {
        Exception exception = new InvalidOperationException(new string('\0', 1_000_000));
        for (var depth = 0; depth < 100; depth++)
            exception = new InvalidOperationException(new string('\u0001', 1_000_000), exception);
        var logger = Json(new string('\u0002', 100_000));
        using (logger.BeginScope(Enumerable.Range(0, 5_000).ToDictionary(i => $"key {i}" + new string('\u0003', 1_000), object (i) => new string('\u0004', 10_000))))
            logger.LogError(exception, "{Value}", new string('\u0005', 1_000_000));
        logger.LogError("{Value}", new string('상', 1_000_000));

        var lines = Text().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.InRange(Encoding.UTF8.GetByteCount(line), 0, LogLines.MaxLineBytes));
        Assert.All(lines[..2], line => Assert.Equal("error", JsonDocument.Parse(line).RootElement.GetProperty("level").GetString()));
    }

    [Theory]
    [InlineData("Password")]
    [InlineData("newPassword")]
    [InlineData("client_secret")]
    [InlineData("refresh-token")]
    [InlineData("Authorization")]
    [InlineData("Set-Cookie")]
    [InlineData("X-Api-Key")]
    [InlineData("ConnectionString")]
    public void A_value_under_the_name_of_a_secret_appears_nowhere(string name)
    {
        var logger = Json();
        using (logger.BeginScope(new Dictionary<string, object> { [name] = "hunter2" }))
#pragma warning disable CA2254 // The name is what is tested.
            logger.LogInformation($"{{User}} sent {{{name}}}", "kim", "hunter2");
#pragma warning restore CA2254

        Assert.DoesNotContain("hunter2", Text(), StringComparison.Ordinal);
        Assert.Equal($"{{User}} sent {{{name}}}", Line().GetProperty("message").GetString());
        Assert.Equal("kim", Line().GetProperty("values").GetProperty("User").GetString());
    }

    [Theory]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    [InlineData("eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl_-x")]
    [InlineData("lrt-dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")]
    [InlineData("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")]
    public void What_looks_like_a_token_appears_nowhere(string token)
    {
        var logger = Json();
        using (logger.BeginScope<object>(token))
            logger.LogError(new InvalidOperationException($"bad <{token}>", new IOException(token)), "got {Value} of {Values}", $"/x?y={token}", new[] { token });

        Assert.DoesNotContain(token, Text(), StringComparison.Ordinal);
        Assert.Contains("bad <***>", Text(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db;Username=me;Password=hunter2;Port=5432", "Host=db;Username=me;Password=***;Port=5432")]
    [InlineData("GET /x?token=hunter2&page=1", "GET /x?token=***&page=1")]
    [InlineData("{\"password\": \"hunter2 with \\\" more\",\"a\":1}", "{\"password\": ***,\"a\":1}")]
    [InlineData("{\\\"password\\\":\\\"hunter2\\\"}", "{\\\"password\\\":***\\\"}")]
    [InlineData("Login { Email = a@b.c, Password = hunter2 }", "Login { Email = a@b.c, Password = *** }")]
    [InlineData("Authorization: Bearer hunter2hunter2", "Authorization: Bearer ***")]
    public void Secrets_inside_a_text_are_masked(string text, string expected) => Assert.Equal(expected, Secrets.Hide(text));

    [Theory]
    [InlineData("a 36-character id 0195f3c2-7e1a-7b44-9c55-0123456789ab")]
    [InlineData("sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("Laurel.Platform.Telemetry.PrometheusMetricsTests+<>c__DisplayClass12_0 at /v1/events/0195f3c2/offers")]
    [InlineData("Refused: the token is expired, the password too short")]
    [InlineData("")]
    public void What_is_no_secret_stays_readable(string text) => Assert.Equal(text, Secrets.Hide(text));

    [Fact]
    public void A_text_made_to_be_slow_is_masked_in_bounded_time()
    {
        var text = string.Concat(Enumerable.Repeat("password=\"\\", 100_000));

        Assert.InRange(Secrets.Hide(text).Length, 1, 32_768);
    }

    [Fact]
    public void A_value_that_cannot_be_written_as_text_does_not_fail_its_caller()
    {
        Json().LogInformation("Broken {Value} and {Number}", new Broken(), double.NaN);

        Assert.Contains("InvalidOperationException while formatting", Line().GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("NaN", Line().GetProperty("values").GetProperty("Number").GetString());
    }

    [Fact]
    public void The_text_form_cannot_be_used_to_forge_lines_or_to_steer_the_terminal()
    {
        Logger(LogForm.Text, "Laurel.Test").LogError(Thrown(), "one\ntwo\u001b[31m {Password} {Name}", "hunter2", "x");

        var lines = Text().Split('\n');
        Assert.Equal("09:30:00.250 error       Laurel.Test: one", lines[0]);
        Assert.Equal("    two\\u001b[31m {Password} {Name}", lines[1]);
        Assert.Equal("    System.InvalidOperationException: the outer", lines[2]);
        Assert.All(lines[1..^1], line => Assert.StartsWith("    ", line, StringComparison.Ordinal));
        Assert.Contains("    System.IO.IOException: the inner", lines);
    }

    [Fact]
    public async Task Lines_of_many_threads_never_mix()
    {
        using var shared = new SharedStream();
        var logger = Logger(LogForm.Json, "Laurel.Test", shared);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 500; i++)
                logger.LogInformation("{Worker} {I} {Filler}", worker, i, new string('x', i));
        }, TestContext.Current.CancellationToken)));

        Assert.False(shared.WasEnteredTwice);
        var lines = Encoding.UTF8.GetString(shared.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4_000, lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("message").GetString()).Distinct().Count());
    }

    [Fact]
    public void A_log_that_nobody_reads_any_more_stops_no_work()
    {
        var logger = Json();
        _output.Dispose();

        logger.LogError("Is anybody there?");
    }

    [Theory]
    [InlineData("Laurel.Auth", LogLevel.Information)]
    [InlineData("Microsoft.AspNetCore.Routing", LogLevel.Warning)]
    [InlineData("Microsoft.Chatty", LogLevel.Debug)]
    public void Levels_are_quiet_for_the_framework_unless_configured(string category, LogLevel lowest)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([new("Logging:LogLevel:Microsoft.Chatty", "Debug")]);
        builder.AddLaurelLogging();
        using var host = builder.Build();

        var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category);
        Assert.True(logger.IsEnabled(lowest));
        Assert.False(logger.IsEnabled(lowest - 1));
    }

    [Fact]
    public void The_operator_can_open_the_frameworks_categories()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([new("Logging:LogLevel:Microsoft", "Trace")]);
        builder.AddLaurelLogging();
        using var host = builder.Build();

        Assert.True(host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.X").IsEnabled(LogLevel.Trace));
        Assert.IsType<LogProvider>(Assert.Single(host.Services.GetServices<ILoggerProvider>()));
    }

    [Fact]
    public void An_unknown_form_of_logs_is_refused_at_the_start()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([new("Laurel:Logs", "xml")]);

        var refused = Assert.Throws<StartupException>(() => builder.AddLaurelLogging());
        Assert.Equal("Laurel:Logs is 'xml'; it can be 'json' or 'text'.", refused.Message);
    }

    private static InvalidOperationException Thrown()
    {
        try
        {
            throw new InvalidOperationException("the outer", new IOException("the inner"));
        }
        catch (InvalidOperationException exception)
        {
            return exception;
        }
    }

    private ILogger Json(string name = "Laurel.Test") => Logger(LogForm.Json, name);

    private ILogger Logger(LogForm form, string name, Stream? stream = null) => LoggerFactory
        .Create(logging => logging.AddProvider(new LogProvider(stream ?? _output, form, new FixedTime()))
            .Configure(options => options.ActivityTrackingOptions = ActivityTrackingOptions.None))
        .CreateLogger(name);

    private string Text() => Encoding.UTF8.GetString(_output.ToArray());

    private JsonElement Line() => JsonDocument.Parse(_output.ToArray()).RootElement;

    private sealed class FixedTime : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2026, 3, 1, 9, 30, 0, 250, TimeSpan.Zero);
    }

    /// <summary>Notices a second writer while the first is still inside.</summary>
    private sealed class SharedStream : MemoryStream
    {
        private int _inside;

        public bool WasEnteredTwice { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            WasEnteredTwice |= Interlocked.Increment(ref _inside) > 1;
            Thread.Yield();
            base.Write(buffer);
            Interlocked.Decrement(ref _inside);
        }
    }

    private sealed class Broken
    {
        public override string ToString() => throw new InvalidOperationException("no words");
    }
}
