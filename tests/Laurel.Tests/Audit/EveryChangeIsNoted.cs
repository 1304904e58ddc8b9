using System.Text;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Audit;

/// <summary>
/// Whatever staff or services can change leaves a row: every such endpoint of the real route table is called for real, and the trail is
/// looked through for the request's trace id. An endpoint that is not called here, and is no exception, fails.
/// </summary>
public sealed class EveryChangeIsNoted(LaurelApp app) : IClassFixture<LaurelApp>
{
    /// <summary>What is called by staff or services and not noted, and why.</summary>
    private static readonly Dictionary<string, string> Exceptions = new(StringComparer.Ordinal)
    {
        ["POST /v1/activities"] = "Activities have a table of their own, which tells who sent them.",
        ["POST /v1/events/{id}/backtest"] = "What is answered at once changes nothing; where it becomes a job, that is noted.",
    };

    /// <summary>Those below these paths are noted by a change of their own, which follows.</summary>
    private static readonly string[] Following = ["/v1/webhooks", "/v1/deliveries"];

    private readonly Api _operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));
    private readonly Api _admin = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Admin));
    private readonly Api _shop = app.Anonymous.As(app.ServiceToken(Scopes.PointsWrite));
    private readonly Api _leaderboards = app.Anonymous.As(app.ServiceToken(Scopes.ServicesRegister));
    private int _requests;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task By_staff_and_services()
    {
        var calls = Calls();
        var endpoints = Changing().Where(endpoint => !Following.Any(path => endpoint.Contains(path, StringComparison.Ordinal))).ToList();
        Assert.Empty(endpoints.Except([.. calls.Keys, .. Exceptions.Keys]));
        Assert.Empty(calls.Keys.Concat(Exceptions.Keys).Except(endpoints));

        var silent = new List<string>();
        foreach (var (endpoint, call) in calls.OrderBy(call => call.Key, StringComparer.Ordinal))
        {
            var trace = await call();
            if (await Noted(trace) is not [var actor])
                silent.Add(endpoint);
            else
                Assert.True(Guid.TryParse(actor, out _), $"{endpoint} was noted as done by '{actor}'.");
        }

        Assert.Empty(silent);
    }

    [Fact]
    public async Task By_people_to_their_own_accounts()
    {
        var somebody = await app.SignedIn();
        var trace = NewTrace();
        (await Send(somebody.Api, HttpMethod.Patch, "/v1/me", new { nickname = "Another" }, trace)).Is(200);
        Assert.Equal([somebody.Account.Id.ToString()], await Noted(trace));
        trace = NewTrace();
        (await Send(somebody.Api, HttpMethod.Delete, "/v1/me", null, trace)).Is(204);
        Assert.Equal([somebody.Account.Id.ToString()], await Noted(trace));
    }

    [Fact]
    public async Task A_refused_request_leaves_none()
    {
        var trace = NewTrace();
        (await Send(_operator, HttpMethod.Post, "/v1/rewards", new { name = "", contents = Array.Empty<object>() }, trace)).Is(422);
        Assert.Empty(await Noted(trace));
    }

    /// <summary>Endpoints that change something and are not for players.</summary>
    private IEnumerable<string> Changing() => app.Endpoints
        .Where(route => route.Metadata.GetMetadata<AccessRule>() is { Anyone: false } rule && !rule.Roles.Contains(Role.User))
        .SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Where(method => method != "GET").Select(method =>
            $"{method} /{route.RoutePattern.RawText!.Trim('/').Replace(":guid", "", StringComparison.Ordinal)}") ?? []);

    /// <summary>One good request for each of them, after whatever it needs; the trace id that it was sent under.</summary>
    private Dictionary<string, Func<Task<string>>> Calls() => new(StringComparer.Ordinal)
    {
        ["POST /v1/rewards"] = () => Does(_operator, HttpMethod.Post, "/v1/rewards", new { name = "A reward", contents = new[] { new { type = "points", amount = 1 } } }),
        ["PATCH /v1/rewards/{id}"] = async () => await Does(_operator, HttpMethod.Patch, $"/v1/rewards/{await _operator.CreatesReward()}", new { name = "Another" }),
        ["POST /v1/rewards/{id}/coupons"] = async () =>
        {
            var (reward, trace) = (await _operator.CreatesReward(new { type = "coupon", pool = "summer" }), NewTrace());
            using var codes = new StringContent("CODE-1", Encoding.UTF8, "text/plain");
            var answer = await _operator.Send(HttpMethod.Post, $"/v1/rewards/{reward}/coupons", codes, ("traceparent", Traceparent(trace)));
            Assert.True(answer.Status is >= 200 and < 300, $"{answer.Request} answered {answer.Status}: {answer.Text}");
            return trace;
        },
        ["POST /v1/events"] = async () => await Does(
            _operator, HttpMethod.Post, "/v1/events", app.Draft() with { Offers = [new { rewardId = await _operator.CreatesReward() }] }),
        ["PATCH /v1/events/{id}"] = async () => await Does(_operator, HttpMethod.Patch, $"/v1/events/{await Draft()}", new { title = "Another" }),
        ["PATCH /v1/events/{id}/status"] = async () => await Does(_operator, HttpMethod.Patch, $"/v1/events/{await Draft()}/status", new { status = "active" }),
        ["DELETE /v1/events/{id}"] = async () => await Does(_operator, HttpMethod.Delete, $"/v1/events/{await Draft()}"),
        ["POST /v1/events/{id}/replay"] = async () => await Does(_operator, HttpMethod.Post, $"/v1/events/{await _operator.Runs(app.Draft())}/replay"),
        ["POST /v1/events/{id}/offers"] = async () =>
            await Does(_operator, HttpMethod.Post, $"/v1/events/{await Draft()}/offers", new { rewardId = await _operator.CreatesReward() }),
        ["PATCH /v1/events/{id}/offers/{offerId}"] = async () => await Does(_operator, HttpMethod.Patch, await Offer(), new { stock = 3 }),
        ["DELETE /v1/events/{id}/offers/{offerId}"] = async () => await Does(_operator, HttpMethod.Delete, await Offer()),
        ["POST /v1/activities/void"] = () => Does(
            _operator, HttpMethod.Post, "/v1/activities/void", new { reason = "Sent twice", activities = new[] { new { userId = "u", id = "a" } } }),
        ["POST /v1/jobs/{id}/retry"] = async () => await Does(_operator, HttpMethod.Post, $"/v1/jobs/{await FailedJob()}/retry"),
        ["POST /v1/claims/{id}/approve"] = async () => await Does(_operator, HttpMethod.Post, $"/v1/claims/{await Claim(requiresApproval: true)}/approve"),
        ["POST /v1/claims/{id}/reject"] = async () =>
            await Does(_operator, HttpMethod.Post, $"/v1/claims/{await Claim(requiresApproval: true)}/reject", new { reason = "no" }),
        ["POST /v1/claims/{id}/cancel"] = async () =>
            await Does(_operator, HttpMethod.Post, $"/v1/claims/{await Claim(new { type = "item", itemId = "i", name = "I", quantity = 1 })}/cancel", new { reason = "no" }),
        ["POST /v1/claims/{id}/revoke"] = async () => await Does(_operator, HttpMethod.Post, $"/v1/claims/{await Claim()}/revoke", new { reason = "no" }),
        ["POST /v1/claims/decide"] = async () => await Does(
            _operator, HttpMethod.Post, "/v1/claims/decide", new { decisions = new[] { new { id = await Claim(requiresApproval: true), decision = "approve" } } }),
        ["POST /v1/grants"] = async () => await Does(
            _operator, HttpMethod.Post, "/v1/grants", new { userId = "u", rewardId = await _operator.CreatesReward(), reason = "for the outage" }),
        ["POST /v1/points/credits"] = () => Does(_shop, HttpMethod.Post, "/v1/points/credits", new { userId = "buyer", amount = 5 }),
        ["POST /v1/points/debits"] = async () =>
        {
            await Does(_shop, HttpMethod.Post, "/v1/points/credits", new { userId = "buyer", amount = 5 });
            return await Does(_shop, HttpMethod.Post, "/v1/points/debits", new { userId = "buyer", amount = 5 });
        },
        ["POST /v1/points/transfers/{id}/reversal"] = async () =>
        {
            var credit = (await Send(_shop, HttpMethod.Post, "/v1/points/credits", new { userId = "buyer", amount = 5 }, NewTrace())).Is(201).Field("id");
            return await Does(_shop, HttpMethod.Post, $"/v1/points/transfers/{credit}/reversal", new { });
        },
        ["POST /v1/service-accounts"] = () => Does(_admin, HttpMethod.Post, "/v1/service-accounts", new { name = "a", scopes = new[] { Scopes.PointsWrite } }),
        ["PATCH /v1/service-accounts/{id}"] = async () => await Does(_admin, HttpMethod.Patch, $"/v1/service-accounts/{await Service("b")}", new { active = false }),
        ["POST /v1/service-accounts/{id}/secret"] = async () => await Does(_admin, HttpMethod.Post, $"/v1/service-accounts/{await Service("c")}/secret"),
        ["POST /v1/services"] = () => Does(_admin, HttpMethod.Post, "/v1/services", new { name = "added", prefix = "/added", addresses = new[] { "http://10.0.0.7" } }),
        ["DELETE /v1/services/{name}"] = async () =>
        {
            await Does(_admin, HttpMethod.Post, "/v1/services", new { name = "removed", prefix = "/removed", addresses = new[] { "http://10.0.0.7" } });
            return await Does(_admin, HttpMethod.Delete, "/v1/services/removed");
        },
        ["PUT /v1/services/{name}/instances"] = () =>
            Does(_leaderboards, HttpMethod.Put, "/v1/services/registered/instances", new { prefix = "/registered", address = "http://10.0.0.7" }),
        ["DELETE /v1/services/{name}/instances"] = async () =>
        {
            await Does(_leaderboards, HttpMethod.Put, "/v1/services/gone/instances", new { prefix = "/gone", address = "http://10.0.0.7" });
            return await Does(_leaderboards, HttpMethod.Delete, "/v1/services/gone/instances?address=http%3A%2F%2F10.0.0.7");
        },
        ["PUT /v1/users/{id}/erasures/{erasureId}"] = () =>
            Does(app.Registrar(), HttpMethod.Put, $"/v1/users/somebody/erasures/{Playing.NewPerson()}"),
        ["PATCH /v1/users/{id}"] = async () => await Does(_admin, HttpMethod.Patch, $"/v1/users/{(await app.SignedIn()).Account.Id}", new { active = false }),
    };

    private async Task<string> Does(Api who, HttpMethod method, string path, object? body = null)
    {
        var trace = NewTrace();
        var answer = await Send(who, method, path, body, trace);
        Assert.True(answer.Status is >= 200 and < 300, $"{answer.Request} answered {answer.Status}: {answer.Text}");
        return trace;
    }

    private Task<Answer> Send(Api who, HttpMethod method, string path, object? body, string trace) => who.Send(
        method, path, body is null ? null : Api.Json(body), ("traceparent", Traceparent(trace)), ("Idempotency-Key", $"key-{++_requests}"));

    private static string Traceparent(string trace) => $"00-{trace}-00f067aa0ba902b7-01";

    private static string NewTrace() => Playing.NewPerson().ToString("N");

    /// <summary>The actors of what was noted under a trace id, in either database.</summary>
    private async Task<List<string>> Noted(string trace)
    {
        var actors = new HashSet<string>(StringComparer.Ordinal);
        foreach (var database in new[] { app.Database, app.Events })
            actors.UnionWith(await database.Query("SELECT actor FROM audit WHERE trace_id = $1", row => row.GetString(0), [trace], Cancellation));
        return [.. actors];
    }

    private Task<string> Draft() => _operator.Creates(app.Draft());

    private async Task<string> Offer()
    {
        var id = await Draft();
        var added = (await _operator.Post($"/v1/events/{id}/offers", new { rewardId = await _operator.CreatesReward() })).Is(201);
        return $"/v1/events/{id}/offers/{added.Field("id")}";
    }

    private async Task<string> FailedJob()
    {
        var id = await _operator.Runs(app.Draft());
        await _operator.Settles(id);
        var job = (await _operator.Post($"/v1/events/{id}/replay?preview=true")).Is(202).Field("id");
        await Eventually.True(async () => (await _operator.Get($"/v1/jobs/{job}")).Is(200).Field("status") == "done");
        await app.Events.Execute("UPDATE jobs SET status = 'failed', reason = 'a test' WHERE id = $1", [Guid.Parse(job)], Cancellation);
        return job;
    }

    private async Task<string> Claim(object? content = null, bool requiresApproval = false)
    {
        var reward = await _operator.CreatesReward(content ?? new { type = "points", amount = 1 });
        var id = await _operator.Runs(app.Draft(Goal.Count("kill", 1)) with { Offers = [new { rewardId = reward, requiresApproval }] });
        var user = Playing.NewPerson();
        (await app.GameServer().Reports(Playing.Did(user.ToString(), "kill", app.Clock.GetUtcNow()))).Is(200);
        return (await app.Anonymous.As(app.PersonToken(user)).Post($"/v1/events/{id}/claims", new { })).Is(201).Json["claims"]![0]!["id"]!.GetValue<string>();
    }

    private async Task<string> Service(string name) =>
        (await _admin.Post("/v1/service-accounts", new { name, scopes = new[] { Scopes.PointsWrite } })).Is(201).Field("clientId");
}
