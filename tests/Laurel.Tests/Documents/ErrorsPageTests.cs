using System.Reflection;
using System.Text.RegularExpressions;
using Laurel.Events.Activities;
using Laurel.Platform.Http;
using Laurel.Tests.Support;

namespace Laurel.Tests.Documents;

/// <summary>docs/errors.md is a part of the contract: a problem's `type` points into it.</summary>
public sealed partial class ErrorsPageTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "errors.md"));

    [Fact]
    public void Every_error_stands_on_the_page_under_its_status_and_the_page_names_no_other()
    {
        var declared = Declared().Select(error => $"{error.Status} {error.Code}").Order(StringComparer.Ordinal).ToList();

        Assert.NotEmpty(declared);
        Assert.Equal(declared, OnPage().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_code_is_one_error()
    {
        Assert.Empty(Declared().GroupBy(error => error.Code).Where(same => same.Count() > 1).Select(same => same.Key));
    }

    [Fact]
    public void The_page_goes_from_status_to_status_upwards()
    {
        var statuses = Lines.Where(line => line.StartsWith("## ", StringComparison.Ordinal)).ToList();

        Assert.Equal(statuses.Distinct().Order(StringComparer.Ordinal), statuses);
    }

    [Fact]
    public void Every_error_says_who_sees_it_and_what_to_do()
    {
        var sections = string.Join('\n', Lines).Split("\n### ")[1..];

        Assert.All(sections, section => Assert.True(
            section.Contains("\nSeen by: ", StringComparison.Ordinal) && section.Contains("\nDo: ", StringComparison.Ordinal), section));
    }

    [Fact]
    public void Every_reason_that_a_field_is_refused_for_stands_on_the_page_and_no_other()
    {
        var given = FieldCodesInSources();
        given.UnionWith(typeof(RefusalCodes).GetFields(BindingFlags.Static | BindingFlags.Public).Select(field => (string)field.GetValue(null)!));
        var listed = Lines.Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1]).ToList();

        Assert.NotEmpty(given);
        Assert.Equal(given.Order(StringComparer.Ordinal), listed.Distinct().Order(StringComparer.Ordinal));
    }

    private static List<Error> Declared()
    {
        var host = typeof(LaurelHost).Assembly;
        var assemblies = host.GetReferencedAssemblies()
            .Where(name => name.Name!.StartsWith("Laurel.", StringComparison.Ordinal))
            .Select(Assembly.Load)
            .Append(host);
        return
        [
            .. assemblies.SelectMany(assembly => assembly.GetTypes())
                .Where(type => !type.ContainsGenericParameters)
                .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                .Where(field => field.FieldType == typeof(Error))
                .Select(field => (Error)field.GetValue(null)!),
        ];
    }

    private static IEnumerable<string> OnPage()
    {
        var status = "";
        foreach (var line in Lines)
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                status = line[3..];
            else if (line.StartsWith("### ", StringComparison.Ordinal))
                yield return $"{status} {line[4..]}";
        }
    }

    /// <summary>Read from the sources, since these codes are named where the rule is checked, each in a place of its own.</summary>
    private static HashSet<string> FieldCodesInSources()
    {
        var sources = Path.Combine(Repository.Root, "src");
        return
        [
            .. Directory.EnumerateFiles(sources, "*.cs", SearchOption.AllDirectories)
                .Where(file => !Path.GetRelativePath(sources, file).Split(Path.DirectorySeparatorChar).Contains("obj"))
                .SelectMany(file => FieldCode().Matches(File.ReadAllText(file)))
                .Select(match => match.Groups["code"].Value),
        ];
    }

    /// <summary>new FieldError(path, "code", ...), Report(errors, path, "code", ...) and Fault(path, "code", ...); the code is the text before the message.</summary>
    [GeneratedRegex("""(FieldError|Report|[Ff]ault)\([^;\n]*?, "(?<code>[a-z0-9_]+)", (\$?"[A-Z]|message)""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex FieldCode();
}
