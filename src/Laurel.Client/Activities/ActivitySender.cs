namespace Laurel.Client;

/// <summary>Sends batches until they are settled.</summary>
internal sealed class ActivitySender(Transport transport, ActivityOptions options)
{
    private const string Path = "v1/activities";

    /// <summary>Since nothing has come through; null while it does.</summary>
    private Backoff? _outage;

    /// <summary>Tries for as long as calls are tried that somebody awaits.</summary>
    public async Task<IReadOnlyList<ActivityResult>> Call(List<Waiting> batch, CancellationToken cancellation) =>
        (await transport.Call(HttpMethod.Post, Path, Body(batch), WireJson.Default.ActivitiesAnswer, cancellation)).Results;

    /// <summary>Returns when each was counted, refused or given up. A batch that is refused as a whole is halved until the bad one stands alone.</summary>
    public async Task Settle(List<Waiting> all, CancellationToken stopping)
    {
        var parts = new Stack<List<Waiting>>();
        if (all.Count > 0)
            parts.Push(all);
        while (parts.TryPop(out var batch))
        {
            if (await Try(batch, stopping) is not { } refused)
                continue;
            if (batch.Count == 1)
            {
                Tell(options.OnRefused, new RefusedActivity(batch[0].Activity!, refused.Code ?? "body_too_large", refused));
                continue;
            }

            // The first half is sent first: what a user did stays in its order.
            parts.Push(batch[(batch.Count / 2)..]);
            parts.Push(batch[..(batch.Count / 2)]);
        }
    }

    /// <returns>Why the batch cannot be accepted as it is; null when it is settled.</returns>
    private async Task<LaurelException?> Try(List<Waiting> batch, CancellationToken stopping)
    {
        var body = Body(batch);
        LaurelException? last = null;
        while (true)
        {
            try
            {
                var answer = await transport.Try(HttpMethod.Post, Path, body, WireJson.Default.ActivitiesAnswer, stopping);
                _outage = null;
                TellRefused(batch, answer.Results);
                return null;
            }
            catch (LaurelException failure) when (failure.IsAboutContent)
            {
                _outage = null;
                return failure;
            }
            catch (LaurelException failure)
            {
                // Also what is no outage: a secret or a scope that is wrong is mended by people, and costs no activities until it is.
                last = failure;
            }
            catch (OperationCanceledException)
            {
                Tell(options.OnGivenUp, GivenUp(batch, last));
                return null;
            }

            Tell(options.OnTrouble, last);
            _outage ??= new Backoff(transport.Time);
            if (!_outage.MayGoOn(last, options.GiveUpAfter) || !await Waited(last, stopping))
            {
                Tell(options.OnGivenUp, GivenUp(batch, last));
                return null;
            }
        }
    }

    private async Task<bool> Waited(LaurelException failure, CancellationToken stopping)
    {
        try
        {
            await _outage!.Wait(failure, stopping);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void TellRefused(List<Waiting> batch, IReadOnlyList<ActivityResult> results)
    {
        for (var index = 0; index < results.Count && index < batch.Count; index++)
        {
            if (results[index].Outcome == ActivityOutcome.Refused)
                Tell(options.OnRefused, new RefusedActivity(batch[index].Activity!, results[index].Code ?? "refused"));
        }
    }

    private static GivenUpActivities GivenUp(List<Waiting> batch, LaurelException? failure) => new([.. batch.Select(waiting => waiting.Activity!)], failure);

    /// <summary>What an ear throws must not end the sending of all that comes after.</summary>
    private static void Tell<T>(Action<T>? ear, T what)
    {
        try
        {
            ear?.Invoke(what);
        }
        catch (Exception)
        {
            // As the options say: it is lost.
        }
    }

    private static byte[] Body(List<Waiting> batch)
    {
        var body = new byte[1 + batch.Sum(waiting => waiting.Json.Length + 1)];
        var end = 0;
        foreach (var waiting in batch)
        {
            body[end++] = end == 1 ? (byte)'[' : (byte)',';
            waiting.Json.CopyTo(body, end);
            end += waiting.Json.Length;
        }

        body[end] = (byte)']';
        return body;
    }
}
