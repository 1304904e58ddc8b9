using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laurel.Platform.Http;

/// <summary>
/// How every service reads and writes JSON. Reading is strict: what we do not understand we refuse,
/// because a misspelt optional field that is silently dropped is a reward that is silently not paid.
/// </summary>
public static class JsonRules
{
    public const int MaxDepth = 32;

    public static readonly JsonSerializerOptions Options = Create(JsonUnmappedMemberHandling.Disallow);

    /// <summary>
    /// What Laurel's own processes tell one another, and have stored: while one version takes another's place, a newer one says more than an
    /// older one knows.
    /// </summary>
    public static readonly JsonSerializerOptions AmongOurselves = Create(JsonUnmappedMemberHandling.Skip);

    public static void Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.AllowDuplicateProperties = false;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.AllowOutOfOrderMetadataProperties = true;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.MaxDepth = MaxDepth;
        // Answers are application/json, never spliced into HTML, so Korean names may stay readable.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        if (!options.Converters.OfType<WireEnumConverter>().Any())
        {
            options.Converters.Add(new WireEnumConverter());
            options.Converters.Add(new Time.Converter());
            options.Converters.Add(new Time.OfDayConverter());
        }
    }

    private static JsonSerializerOptions Create(JsonUnmappedMemberHandling unknown)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.General);
        Apply(options);
        options.UnmappedMemberHandling = unknown;
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
