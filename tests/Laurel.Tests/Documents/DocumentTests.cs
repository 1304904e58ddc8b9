using Laurel.Tests.Support;

namespace Laurel.Tests.Documents;

/// <summary>What the documents point at exists, and both languages say the same commands.</summary>
public sealed class DocumentTests
{
    private static readonly string[] Foreign = ["node_modules", "artifacts", "bin", "obj", ".laurel", ".git"];

    [Fact]
    public void Every_relative_link_points_to_a_file_and_a_heading_that_exist()
    {
        var links = Documents(new DirectoryInfo(Repository.Root)).SelectMany(LinksOf).ToList();

        Assert.NotEmpty(links);
        Assert.Empty(links.Where(link => !Exists(link.Document, link.Target)).Select(link => $"{link.Document.FullName}: {link.Target}"));
    }

    [Fact]
    public void The_Korean_README_has_the_commands_of_the_English_one()
    {
        var english = CommandsOf("README.md");

        Assert.NotEmpty(english);
        Assert.Equal(english, CommandsOf("README.ko.md"));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("README.ko.md")]
    public void The_settings_that_are_listed_are_those_that_Laurel_knows(string document)
    {
        // A cell may name several; the first cell of a row of any other table names none.
        var listed = File.ReadAllLines(Path.Combine(Repository.Root, document))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => line.Split(" | ")[0].Split('`').Where((_, at) => at % 2 == 1))
            .Where(name => name.IndexOf("__", StringComparison.Ordinal) > 0 && !name.Contains('<', StringComparison.Ordinal));

        Assert.Equal(KnownSettings.Names.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("README.ko.md")]
    public void The_verbs_that_are_listed_are_those_that_there_are(string document)
    {
        var listed = File.ReadAllLines(Path.Combine(Repository.Root, document))
            .SkipWhile(line => line is not ("## Verbs" or "## 명령"))
            .Skip(1)
            .TakeWhile(line => !line.StartsWith('#'))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`', ' ')[2]);

        Assert.Equal(Commands.CommandLine.Verbs().Select(verb => verb.Name), listed);
    }

    private static IEnumerable<FileInfo> Documents(DirectoryInfo folder) => folder.EnumerateFiles("*.md")
        .Concat(folder.EnumerateDirectories().Where(child => !Foreign.Contains(child.Name) && child.LinkTarget is null).SelectMany(Documents));

    private static IEnumerable<(FileInfo Document, string Target)> LinksOf(FileInfo document) =>
        Prose(File.ReadAllLines(document.FullName))
            .SelectMany(line => line.Split("](")[1..])
            .Select(rest => rest[..rest.IndexOf(')', StringComparison.Ordinal)])
            .Where(target => !target.Contains(':', StringComparison.Ordinal))
            .Select(target => (document, target));

    private static bool Exists(FileInfo document, string target)
    {
        var parts = target.Split('#', 2);
        var path = parts[0].Length == 0 ? document.FullName : Path.GetFullPath(Path.Combine(document.DirectoryName!, Uri.UnescapeDataString(parts[0])));
        if (!path.StartsWith(Repository.Root, StringComparison.Ordinal))
            return false;
        return parts.Length == 1
            ? File.Exists(path) || Directory.Exists(path)
            : File.Exists(path) && Prose(File.ReadAllLines(path)).Where(line => line.StartsWith('#')).Select(Anchor).Contains(Uri.UnescapeDataString(parts[1]));
    }

    /// <summary>As GitHub makes it from a heading.</summary>
    private static string Anchor(string heading) => new(
    [
        .. heading.TrimStart('#').Trim().ToLowerInvariant()
            .Where(character => char.IsLetterOrDigit(character) || character is ' ' or '-' or '_')
            .Select(character => character == ' ' ? '-' : character),
    ]);

    /// <summary>The commands of shell blocks, without comments, which differ by language, and without what they print.</summary>
    private static List<string> CommandsOf(string document)
    {
        var commands = new List<string>();
        string? block = null;
        foreach (var line in File.ReadAllLines(Path.Combine(Repository.Root, document)))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                block = block is null ? line[3..] : null;
            else if (block == "sh" && !line.StartsWith('#') && line.Length > 0)
                commands.Add(line.Split("  #")[0].TrimEnd());
        }

        return commands;
    }

    /// <summary>Without blocks and spans of code, where brackets are no links.</summary>
    private static IEnumerable<string> Prose(IEnumerable<string> lines)
    {
        var inBlock = false;
        foreach (var line in lines)
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                inBlock = !inBlock;
            else if (!inBlock)
                yield return line.StartsWith('#') ? line : string.Concat(line.Split('`').Where((_, at) => at % 2 == 0));
        }
    }
}
