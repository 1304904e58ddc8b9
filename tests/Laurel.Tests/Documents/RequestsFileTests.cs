using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Laurel.Auth.Accounts;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Documents;

/// <summary>docs/laurel.http works: its requests are sent from top to bottom, as an editor would send them.</summary>
public sealed partial class RequestsFileTests(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string Password = "seven quiet foxes";

    /// <summary>What the requests with a name were answered.</summary>
    private readonly Dictionary<string, JsonNode> _answers = new(StringComparer.Ordinal);

    [Fact]
    public async Task Its_requests_lead_from_an_event_to_points()
    {
        await app.Services.GetRequiredService<Admins>().Ensure("admin@laurel.local", Password, _ => { }, TestContext.Current.CancellationToken);
        var file = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "laurel.http"), TestContext.Current.CancellationToken);

        foreach (var request in file.Split("\n###")[1..])
            await Send(request.Split('\n')[1..]);

        Assert.Equal(100, (int)_answers["points"]["balance"]!);
    }

    private async Task Send(string[] lines)
    {
        var name = lines.FirstOrDefault(line => line.StartsWith("# @name ", StringComparison.Ordinal))?["# @name ".Length..];
        var request = lines.SkipWhile(line => line.StartsWith('#')).Select(Filled).ToList();
        var headers = request.Skip(1).TakeWhile(line => line.Length > 0).Select(line => line.Split(": ", 2)).ToDictionary(header => header[0], header => header[1]);
        var body = string.Join('\n', request.Skip(2 + headers.Count)).Trim();
        headers.Remove("Content-Type");

        var (method, address) = (new HttpMethod(request[0].Split(' ')[0]), request[0].Split(' ')[1]);
        var answer = await app.Anonymous.Send(
            method, address, body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, "application/json"), [.. headers.Select(header => (header.Key, header.Value))]);
        Assert.True(answer.Status is >= 200 and < 300, $"{answer.Request} answered {answer.Status}: {answer.Text}");
        if (name is not null)
            _answers.Add(name, answer.Json);
    }

    private string Filled(string line) => Variable().Replace(line, match => match.Groups["name"].Value switch
    {
        "host" => app.Address.GetLeftPart(UriPartial.Authority),
        "password" => Password,
        var path => Answered(path),
    });

    /// <summary>Such as `claim.response.body.$.claims[0].id`.</summary>
    private string Answered(string path)
    {
        var (name, field) = (path.Split(".response.body.$.")[0], path.Split(".response.body.$.")[1]);
        var node = _answers[name];
        foreach (var step in field.Replace("[0]", ".0", StringComparison.Ordinal).Split('.'))
            node = step == "0" ? node[0]! : node[step]!;
        return (string)node!;
    }

    [GeneratedRegex(@"\{\{(?<name>[^}]+)\}\}", RegexOptions.NonBacktracking)]
    private static partial Regex Variable();
}
