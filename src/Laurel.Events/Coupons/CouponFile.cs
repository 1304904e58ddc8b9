using System.Reflection;
using System.Text;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Laurel.Events.Coupons;

/// <summary>One code of a file, and the line on which it stands, from 1.</summary>
internal readonly record struct CouponLine(int Line, string Code, DateTimeOffset? ExpiresAt);

/// <summary>A file of codes, one <c>code[,expiresAt]</c> a line, and what is wrong with it.</summary>
internal sealed class CouponFile : IEndpointParameterMetadataProvider
{
    public const int MaxCodes = 100_000;
    public const int MaxCode = 128;
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>Codes that expire together are one lot, and whoever claims looks through the lots.</summary>
    private const int MaxExpiries = 1_000;

    private const int MaxFaults = 100;
    private const int BufferSize = 16 * 1024;

    private readonly List<CouponLine> _lines = [];
    private readonly List<FieldError> _faults = [];
    private readonly CsvRows _rows;
    private bool _isFirst = true;

    private CouponFile() => _rows = new CsvRows(
        Add, line => Report(new FieldError(PathOf(line), "quotes", "A quote begins a field, or stands in one that begins with it, doubled.")));

    public IReadOnlyList<CouponLine> Lines => _lines;

    public static async ValueTask<CouponFile?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        if (MediaTypes.OfUtf8(context.Request)?.MediaType.Value?.ToLowerInvariant() is not ("text/csv" or "text/plain"))
            throw new ProblemException(new Problem(Errors.UnsupportedMediaType) { Detail = "Send text/csv or text/plain in UTF-8." });

        try
        {
            using var text = new StreamReader(
                context.Request.Body, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false, BufferSize, leaveOpen: true);
            return await Read(text, context.RequestAborted);
        }
        catch (DecoderFallbackException)
        {
            throw new ProblemException(new Problem(Errors.MalformedBody) { Fields = [new FieldError("$", "invalid_utf8", "The body is not valid UTF-8.")] });
        }
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new AcceptsMetadata(["text/csv", "text/plain"], typeof(string)));
        builder.Metadata.Add(new Limit());
        builder.Metadata.Add(new Refusals([Errors.MalformedBody, Errors.UnsupportedMediaType, Errors.RuleBroken]));
    }

    internal static async Task<CouponFile> Read(TextReader text, CancellationToken cancellation)
    {
        var file = new CouponFile();
        var buffer = new char[BufferSize];
        var isFirst = true;
        while (await text.ReadAsync(buffer, cancellation) is > 0 and var length)
        {
            // A byte order mark says nothing: the file is UTF-8.
            var start = isFirst && buffer[0] == '\uFEFF' ? 1 : 0;
            isFirst = false;
            file._rows.Feed(buffer.AsSpan(start, length - start));
        }

        file._rows.End();
        return file;
    }

    /// <summary>All that is wrong, or the first of it; nothing of such a file is stored.</summary>
    public IReadOnlyList<FieldError> Check(DateTimeOffset now)
    {
        if (_lines.Count == 0 && _faults.Count == 0 || _lines.Count > MaxCodes)
            return [new FieldError("$", "count", $"A file has 1 to {MaxCodes} codes.")];
        if (_lines.DistinctBy(line => line.ExpiresAt).Count() > MaxExpiries)
            return [new FieldError("$", "expiries", $"The codes of a file expire at up to {MaxExpiries} different times.")];
        var expired = _lines.Where(line => line.ExpiresAt <= now)
            .Select(line => new FieldError($"{PathOf(line.Line)}.expiresAt", "expired", "This is over already."));
        return [.. _faults.Concat(expired).Take(MaxFaults)];
    }

    private static string PathOf(int line) => $"lines[{line}]";

    private void Add(int line, IReadOnlyList<string> fields)
    {
        var isHeader = _isFirst && IsHeader(fields);
        _isFirst = false;
        // What comes after so many is not kept: the file is refused.
        if (isHeader || _lines.Count > MaxCodes || _faults.Count >= MaxFaults)
            return;

        var path = PathOf(line);
        DateTimeOffset? expiresAt = null;
        if (fields.Count > 2)
            Report(new FieldError(path, "columns", "A line is a code, or a code, a comma and the time at which it expires."));
        else if (Fault($"{path}.code", fields[0]) is { } fault)
            Report(fault);
        else if (fields is [_, { Length: > 0 } text] && !TryParse(text, out expiresAt))
            Report(new FieldError($"{path}.expiresAt", "bad_time", "Expected a time with offset (RFC 3339)."));
        else
            _lines.Add(new CouponLine(line, fields[0], expiresAt));
    }

    private static bool IsHeader(IReadOnlyList<string> fields) =>
        fields[0].Equals("code", StringComparison.OrdinalIgnoreCase)
        && (fields.Count == 1 || (fields.Count == 2 && fields[1].Replace("_", "", StringComparison.Ordinal).Equals("expiresAt", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Most codes are plain, and there are many: those need no closer look.</summary>
    private static FieldError? Fault(string path, string code) =>
        code.Length is >= 1 and <= MaxCode && code.All(char.IsAsciiLetterOrDigit) ? null : TextRules.Name(path, code, MaxCode);

    private static bool TryParse(string text, out DateTimeOffset? time)
    {
        var isTime = Time.TryParse(text, out var parsed);
        time = isTime ? Time.ToMilliseconds(parsed.ToUniversalTime()) : null;
        return isTime;
    }

    private void Report(FieldError fault)
    {
        if (_faults.Count < MaxFaults)
            _faults.Add(fault);
    }

    /// <summary>In place of what bounds all other bodies.</summary>
    private sealed class Limit : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => MaxBytes;
    }
}
