using Laurel.Events.Catalog;
using Laurel.Events.Progress;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Rules;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Activities;

/// <summary>Nothing has to be said to check in.</summary>
public sealed record CheckInRequest;

public sealed record CheckedIn(IReadOnlyList<ProgressView> Events);

/// <summary>Nothing has to be said to be there.</summary>
public sealed record PresenceRequest;

/// <summary>The seconds of play that this heartbeat has added.</summary>
public sealed record PresenceAnswer(long CountedSeconds);

internal static class PlayingApi
{
    private static readonly TimeSpan CheckInStep = TimeSpan.FromMinutes(15);

    public static void MapPlaying(this IEndpointRouteBuilder routes)
    {
        var me = routes.MapGroup("/v1/me").WithGroupName("events").WithTags("playing").AllowSignedIn();

        me.MapPost("/check-ins", CheckIn)
            .WithSummary("I am here today")
            .WithDescription("Counts once a quarter of an hour, as the day of each event's own zone. Answers my progress in the events that count check-ins.");
        me.MapPut("/presence", Beat)
            .WithSummary("I am playing: a heartbeat")
            .WithDescription(
                """
                Send one a minute. The server measures the session: a heartbeat counts the time since the last one, unless that is more than
                two minutes ago. Parts of less than ten seconds are counted by a later heartbeat.
                """);
    }

    private static async Task<Ok<CheckedIn>> CheckIn(
        OptionalBody<CheckInRequest> body, Caller caller, Intake intake, ProgressReader progress, TimeProvider time, CancellationToken cancellation)
    {
        _ = body;
        var now = NewActivity.Stored(time.GetUtcNow());
        var step = new DateTimeOffset(now.UtcTicks - now.UtcTicks % CheckInStep.Ticks, TimeSpan.Zero);
        var checkIn = new NewActivity(
            caller.Subject, $"check_in:{step:yyyy-MM-dd'T'HH:mm'Z'}", new Activity(ActivityTypes.CheckIn, now, null, Attributes.None), Source: null)
        {
            IsContentCompared = false,
        };
        await intake.Take([checkIn], cancellation);
        var reached = await progress.Of(new ProgressWish(caller.Subject, Activity: ActivityTypes.CheckIn), cancellation);
        return TypedResults.Ok(new CheckedIn(
        [
            .. reached.Events
                .Where(one => one.Event.PhaseAt(now) == Phase.Running)
                .Select(one => ProgressView.Of(one.Event, one.Window, one.Progress, now)),
        ]));
    }

    private static async Task<Ok<PresenceAnswer>> Beat(
        OptionalBody<PresenceRequest> body, Caller caller, Presence presence, TimeProvider time, CancellationToken cancellation)
    {
        _ = body;
        var counted = await presence.Beat(caller.Subject, time.GetUtcNow(), cancellation);
        return TypedResults.Ok(new PresenceAnswer((long)counted.TotalSeconds));
    }
}
