using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Laurel.Tests.Support;
using Xunit.v3;

namespace Laurel.Tests.Documents;

/// <summary>docs/features.md claims nothing that is not there: its endpoints, parameters, verbs and tests exist.</summary>
public sealed partial class FeaturesPageTests
{
    private const int Features = 111;

    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "features.md"));
    private static readonly List<string[]> Rows = [.. Page.Split('\n').Where(line => Row().IsMatch(line)).Select(line => line.Trim('|', ' ').Split(" |"))];

    /// <summary>What a row says that is not there, or not yet.</summary>
    private static readonly string[] Absences = ["with the gateway", "later work", "left out"];

    [Fact]
    public void Every_feature_has_its_row_in_their_order() =>
        Assert.Equal(Enumerable.Range(1, Features), Rows.Select(row => int.Parse(row[0], CultureInfo.InvariantCulture)));

    [Fact]
    public async Task Every_endpoint_that_it_names_is_there_with_its_parameters()
    {
        var (routes, parameters) = (await RoleMatrix(), Operations().ToLookup(one => one.Endpoint, one => one.Parameter));
        var named = Endpoint().Matches(Page).Select(match => (Endpoint: match.Groups["endpoint"].Value, Query: match.Groups["query"].Value)).ToList();

        Assert.NotEmpty(named);
        Assert.Empty(named.Select(one => one.Endpoint).Except(routes));
        Assert.All(
            named.SelectMany(one => Parameter().Matches(one.Query).Select(name => (one.Endpoint, Name: name.Groups["name"].Value))),
            one => Assert.Contains(one.Name, parameters[one.Endpoint]));
    }

    [Fact]
    public void Every_verb_that_it_names_is_there()
    {
        var named = Verb().Matches(Page).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(named.Order(StringComparer.Ordinal), Commands.CommandLine.Verbs().Select(verb => verb.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_test_that_it_names_is_there()
    {
        var named = Rows.SelectMany(TestsOf).Concat(Code().Matches(Page.Split("\n## ")[0]).Select(match => match.Groups["text"].Value)).ToList();

        Assert.NotEmpty(named);
        Assert.Empty(named.Except(Tests()));
    }

    [Fact]
    public void What_no_test_shows_says_that_it_is_not_there() =>
        Assert.Empty(Rows.Where(row => !TestsOf(row).Any() && !Absences.Any(absence => row[3].Contains(absence, StringComparison.Ordinal))).Select(row => $"{row[0]} {row[1]}"));

    private static IEnumerable<string> TestsOf(string[] row) => row.Length < 5 ? [] : Code().Matches(row[4]).Select(match => match.Groups["text"].Value);

    /// <summary>Each class that has tests, and each test.</summary>
    private static HashSet<string> Tests() =>
    [
        .. Assembly.GetExecutingAssembly().GetTypes()
            .SelectMany(type => type.GetMethods().Where(method => method.GetCustomAttributes().OfType<IFactAttribute>().Any()), (type, method) => (type, method))
            .SelectMany(test => new[] { test.type.Name, $"{test.type.Name}.{test.method.Name}" }),
    ];

    private static async Task<List<string>> RoleMatrix() =>
    [
        .. (await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "docs", "role-matrix.md"), TestContext.Current.CancellationToken))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]),
    ];

    private static IEnumerable<(string Endpoint, string Parameter)> Operations() =>
        from document in Directory.GetFiles(Path.Combine(Repository.Root, "docs", "openapi"), "*.json")
        from path in JsonNode.Parse(File.ReadAllText(document))!["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        from parameter in operation.Value!["parameters"]?.AsArray() ?? []
        select ($"{operation.Key.ToUpperInvariant()} {path.Key}", (string)parameter!["name"]!);

    [GeneratedRegex(@"^\| [0-9]+ \|", RegexOptions.NonBacktracking)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<endpoint>(?:GET|POST|PUT|PATCH|DELETE) /[^`?]*)(?<query>[^`]*)`", RegexOptions.NonBacktracking)]
    private static partial Regex Endpoint();

    [GeneratedRegex("(?<name>[a-zA-Z]+)=", RegexOptions.NonBacktracking)]
    private static partial Regex Parameter();

    [GeneratedRegex("`laurel (?<name>[a-z]+)", RegexOptions.NonBacktracking)]
    private static partial Regex Verb();

    [GeneratedRegex("`(?<text>[^`]+)`", RegexOptions.NonBacktracking)]
    private static partial Regex Code();
}
