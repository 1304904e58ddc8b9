using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Laurel.Platform.Access;
using Laurel.Platform.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Laurel.Platform.Http;

/// <summary>
/// The OpenAPI document of one service, made from its real endpoints: who may call them, every answer they give, ids and enums as
/// they travel.
/// </summary>
public static class OpenApiDocuments
{
    private const string TokenScheme = "bearer";

    /// <param name="services">Where it is added.</param>
    /// <param name="name">Of the document, and of the group of its endpoints.</param>
    /// <param name="title">For its readers.</param>
    /// <param name="description">For its readers.</param>
    /// <param name="describe">Describes types that read and write themselves, of which the framework knows nothing.</param>
    public static IServiceCollection AddOpenApiDocument(
        this IServiceCollection services, string name, string title, string description, Action<Type, OpenApiSchema>? describe = null) =>
        services.AddOpenApi(name, options =>
        {
            options.ShouldInclude = endpoint => endpoint.GroupName == name;
            options.AddSchemaTransformer(DescribeSchema);
            options.AddSchemaTransformer((schema, context, _) =>
            {
                describe?.Invoke(context.JsonTypeInfo.Type, schema);
                return Task.CompletedTask;
            });
            options.AddOperationTransformer(DescribeOperation);
            options.AddDocumentTransformer((document, _, _) =>
            {
                OpenApiUnions.Close(document);
                OpenApiPatches.Describe(document);
                OpenAnswers(document);
                document.Info = new OpenApiInfo { Title = title, Version = "v1", Description = description };
                document.Servers = [new OpenApiServer { Url = "/" }];
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
                {
                    [TokenScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" },
                };
                return Task.CompletedTask;
            });
        });

    private static async Task DescribeSchema(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellation)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (WireNames.EnumOf(type) is { } choices)
        {
            schema.Type = JsonSchemaType.String;
            schema.Properties = null;
            schema.Enum = [.. WireNames.All(choices).Select(name => (JsonNode)name)];
        }
        else if (type.GetInterfaces().Any(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IId<>)))
        {
            schema.Type = JsonSchemaType.String;
            schema.Format = "uuid";
        }
        else if (type == typeof(DateTimeOffset))
        {
            schema.Type = JsonSchemaType.String;
            schema.Format = "date-time";
        }
        else if (OneOrManyConverter.IsOneOrMany(type))
        {
            var item = await context.GetOrCreateSchemaAsync(type.GetGenericArguments()[0], null, cancellation);
            schema.OneOf = [item, new OpenApiSchema { Type = JsonSchemaType.Array, Items = item }];
        }
        else if (type == typeof(TimeOnly))
        {
            schema.Type = JsonSchemaType.String;
            schema.Format = null;
            schema.Pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$";
        }
        else if (type == typeof(FreeForm))
        {
            schema.Type = JsonSchemaType.Object;
            schema.Description = null;
        }
        else if (context.JsonTypeInfo is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element } list
            && schema.Items is null
            && OpenApiOptions.CreateDefaultSchemaReferenceId(list.Options.GetTypeInfo(element)) is { } reference)
        {
            OpenApiUnions.NoteItems(schema, reference);
        }

        // What is never written is ours alone.
        foreach (var property in context.JsonTypeInfo.Properties.Where(IsNeverWritten))
        {
            schema.Properties?.Remove(property.Name);
            schema.Required?.Remove(property.Name);
        }

        // What is null is not written, so it is not required.
        foreach (var property in context.JsonTypeInfo.Properties.Where(property => property.IsGetNullable))
            schema.Required?.Remove(property.Name);
    }

    private static bool IsNeverWritten(JsonPropertyInfo property) =>
        property.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: true) is [JsonIgnoreAttribute { Condition: JsonIgnoreCondition.WhenWriting }];

    /// <summary>
    /// Requests are closed, for unknown fields are refused. Answers are open: fields may be added to them, and a client that
    /// was made from this document has to bear it.
    /// </summary>
    private static void OpenAnswers(OpenApiDocument document)
    {
        var read = new HashSet<string>(StringComparer.Ordinal);
        var bodies = document.Paths.Values.SelectMany(path => path.Operations?.Values ?? Enumerable.Empty<OpenApiOperation>())
            .SelectMany(operation => operation.RequestBody?.Content?.Values ?? Enumerable.Empty<OpenApiMediaType>());
        foreach (var body in bodies)
            Collect(body.Schema);
        foreach (var (_, schema) in (document.Components?.Schemas ?? new Dictionary<string, IOpenApiSchema>()).Where(schema => !read.Contains(schema.Key)))
        {
            if (schema is OpenApiSchema { Properties.Count: > 0 } answer)
                answer.AdditionalPropertiesAllowed = true;
        }

        void Collect(IOpenApiSchema? schema)
        {
            if (schema is null || (schema is OpenApiSchemaReference reference && !read.Add(reference.Reference.Id!)))
                return;
            foreach (var part in (schema.Properties?.Values ?? []).Concat(schema.OneOf ?? []).Append(schema.Items).Append(schema.AdditionalProperties))
                Collect(part);
        }
    }

    private static async Task DescribeOperation(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        var endpoint = context.Description.ActionDescriptor.EndpointMetadata;
        var rule = endpoint.OfType<AccessRule>().Last();
        if (!rule.Anyone)
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(TokenScheme, context.Document)] = [.. rule.Scopes] }];
            var who = rule.Scopes.Length > 0
                ? $"Service accounts with the scope `{string.Join("`, `", rule.Scopes)}`, and ADMIN."
                : $"Roles: {string.Join(", ", rule.Roles.Append(Role.Admin).Distinct().Select(WireNames<Role>.Of))}.";
            operation.Description = operation.Description is { Length: > 0 } text ? $"{text}\n\n{who}" : who;
        }

        if (endpoint.OfType<MethodInfo>().FirstOrDefault() is { } handler)
            DescribeHandler(operation, handler);

        foreach (var header in endpoint.OfType<RequestHeader>())
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = header.Name,
                In = ParameterLocation.Header,
                Description = header.Description,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        foreach (var file in endpoint.OfType<FileAnswer>())
        {
            if (operation.Responses?["200"].Content is { } content)
                content[file.MediaType] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }

        var problem = new OpenApiSchemaReference(nameof(ProblemDetails), context.Document);
        context.Document!.AddComponent(nameof(ProblemDetails), await context.GetOrCreateSchemaAsync(typeof(ProblemDetails), null, cancellation));
        operation.Responses ??= [];
        var errors = endpoint.OfType<Refusals>().SelectMany(refusals => refusals.Errors)
            .Concat(Common(rule, operation, endpoint, HttpMethods.IsGet(context.Description.HttpMethod ?? "")));
        foreach (var status in errors.Distinct().GroupBy(error => error.Status).OrderBy(group => group.Key))
        {
            operation.Responses[status.Key.ToString()] = new OpenApiResponse
            {
                Description = string.Join("\n", status.Select(error => $"`{error.Code}`: {error.Title}.")),
                Content = new Dictionary<string, OpenApiMediaType> { ["application/problem+json"] = new OpenApiMediaType { Schema = problem } },
            };
        }
    }

    /// <summary>A name for generated clients (`UsersList`), and the choices of query parameters, of which the framework sees text.</summary>
    private static void DescribeHandler(OpenApiOperation operation, MethodInfo handler)
    {
        if (!handler.Name.StartsWith('<'))
            operation.OperationId = handler.DeclaringType!.Name.Replace("Api", "", StringComparison.Ordinal) + handler.Name;

        foreach (var argument in handler.GetParameters())
        {
            var type = Nullable.GetUnderlyingType(argument.ParameterType) ?? argument.ParameterType;
            if (WireNames.EnumOf(type) is { } choices
                && operation.Parameters?.FirstOrDefault(parameter => parameter.Name == argument.Name)?.Schema is OpenApiSchema schema)
                schema.Enum = [.. WireNames.All(choices).Select(name => (JsonNode)name)];
        }
    }

    private static IEnumerable<Error> Common(AccessRule rule, OpenApiOperation operation, IList<object> endpoint, bool reads)
    {
        if (endpoint.OfType<IAcceptsMetadata>().Any())
            yield return Errors.BodyTooLarge;
        if (endpoint.OfType<IAcceptsMetadata>().Any(accepts => accepts.ContentTypes.Contains("application/json")))
        {
            yield return Errors.MalformedBody;
            yield return Errors.UnsupportedMediaType;
        }

        if (endpoint.OfType<LimitRule>().All(limit => limit.Kind != LimitKind.None))
            yield return Errors.TooManyRequests;

        // A query is checked on every endpoint: where there is no parameter, any is unknown.
        yield return Errors.BadQuery;
        if (operation.Parameters?.Any(parameter => parameter.Name == "cursor") == true)
            yield return Errors.InvalidCursor;
        if (operation.Parameters?.Any(parameter => parameter.In == ParameterLocation.Path) == true)
            yield return Errors.NotFound;

        if (!rule.Anyone)
        {
            yield return Errors.Unauthenticated;
            yield return Errors.InvalidToken;
            yield return Errors.TokenExpired;
            yield return Errors.SessionEnded;
            yield return Errors.Forbidden;
            if (!reads)
                yield return Errors.OriginMismatch;
        }

        yield return Errors.Internal;
        yield return Errors.Overloaded;
        yield return Errors.Unavailable;
    }
}
