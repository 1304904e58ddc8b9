using System.Text.Json.Nodes;
using Laurel.Events.Books;
using Laurel.Events.Progress;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Support;

/// <summary>Users who are forgotten.</summary>
internal static class Erasing
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Whoever keeps the accounts of a game.</summary>
    public static Api Registrar(this LaurelApp app) => app.Anonymous.As(app.ServiceToken(Scopes.UsersErase));

    public static Task<Answer> Erases(this Api registrar, string user, Guid? erasure = null) =>
        registrar.Put($"/v1/users/{user}/erasures/{erasure ?? Playing.NewPerson()}");

    /// <summary>The job that an answer tells of, when it has ended.</summary>
    public static Task<JsonNode> Erased(this LaurelApp app, Answer asked) =>
        app.Somebody(Role.Operator).Job(asked.Is(202).Headers.Location!.ToString());

    /// <summary>The job of an account that was deleted, when events has heard of it and has done it.</summary>
    public static async Task<JsonNode> Forgotten(this LaurelApp app, Guid account)
    {
        var job = Guid.Empty;
        await Eventually.True(async () => (job = await app.Events.QueryOne(
            "SELECT job_id FROM erasures WHERE user_id = $1", row => row.GetGuid(0), [account.ToString()], Cancellation)) != Guid.Empty);
        await Eventually.True(async () => await app.Database.QueryOne(
            "SELECT count(*) FROM outbox WHERE account_id = $1", row => row.GetInt64(0), [account], Cancellation) == 0);
        return await app.Somebody(Role.Operator).Job($"/v1/jobs/{job}");
    }

    /// <summary>Progress is what the activities come to, and all that was promised and paid matches.</summary>
    public static async Task IsInOrder(this LaurelApp app)
    {
        var differences = await ProgressAudit.Differences(app.Events, Cancellation);
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(10)));
        var summary = new VerificationSummary();
        await app.Services.GetRequiredService<Verification>().Run(null, summary, () => { }, Cancellation);
        Assert.True(summary.Different == 0, string.Join('\n', summary.First));
        Assert.All(await app.Services.GetRequiredService<Bookkeeping>().Run(_ => { }, Cancellation), finding => Assert.Empty(finding.First));
    }

    /// <summary>The tables of the events database in which a text still stands somewhere in some row.</summary>
    public static async Task<List<string>> WhereEventsTell(this LaurelApp app, string text)
    {
        var found = new List<string>();
        foreach (var table in await app.Events.Query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", row => row.GetString(0), [], Cancellation))
        {
            if (await app.Events.QueryOne($"SELECT true FROM {table} t WHERE t::text LIKE '%' || $1 || '%' LIMIT 1", row => row.GetBoolean(0), [text], Cancellation))
                found.Add(table);
        }

        return found;
    }
}
