using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Threading.Channels;
using Laurel.Platform;
using Microsoft.Extensions.Logging;

namespace Laurel.Events.Deliveries;

/// <summary>
/// Delivers to one endpoint, with connections, a stock of leased deliveries and a look at what is due that are its own: what is slow or
/// dead here is so for nobody else.
/// </summary>
internal sealed class Lane(
    Webhook webhook, DeliveryStore store, Attempts attempts, WebhookStore webhooks, Signing signing, NameResolver names, DeliveryBell bell,
    DeliveryMeters meters, EventsOptions options, TimeProvider time, ILogger<Lane> log) : IDisposable
{
    /// <summary>How many are taken ahead of those that are under way.</summary>
    private const int Ahead = 512;

    /// <summary>How often it looks for what nobody tells of: another process's, retries, what somebody left behind.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>An attempt that began later could outlast its lease: it is left to whoever takes it after that.</summary>
    private static readonly TimeSpan Fresh = DeliveryStore.Lease / 2;

    /// <summary>What is under way when the process stops is given this long.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Channel<Taken> _taken = Channel.CreateUnbounded<Taken>();
    private readonly Signal _room = new();

    /// <summary>A connection is free for the next attempt while the end of the last one is committed; so many ends wait at most.</summary>
    private readonly SemaphoreSlim _ends = new(Ahead, Ahead);

    private readonly ConcurrentBag<LeasedDelivery> _left = [];
    private readonly EndpointHealth _health = new(webhook.Id, webhooks, time);
    private int _waiting;

    public async Task Run(CancellationToken stopping)
    {
        using var abort = new CancellationTokenSource();
        using var caller = new WebhookCaller(webhook.Url, names, time, options.AllowLoopbackWebhooks);
        var keys = new LaneKeys(signing, webhook.Secrets, time);
        var senders = Enumerable.Range(0, WebhookCaller.MaxConnections).Select(_ => Send(caller, keys, stopping, abort.Token)).ToList();
        try
        {
            await Take(stopping);
        }
        finally
        {
            _taken.Writer.Complete();
            abort.CancelAfter(Grace);
            await Task.WhenAll(senders);
            for (var end = 0; end < Ahead; end++)
                await _ends.WaitAsync(CancellationToken.None);
            await GiveBack();
        }
    }

    public void Dispose()
    {
        _room.Dispose();
        _ends.Dispose();
    }

    private async Task Take(CancellationToken stopping)
    {
        using var listener = bell.Listen();
        var failing = false;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var room = Ahead - Volatile.Read(ref _waiting);
                var taken = room > 0 ? await store.TakeDue(webhook.Queue, room, stopping) : [];
                Interlocked.Add(ref _waiting, taken.Count);
                foreach (var delivery in taken)
                    _taken.Writer.TryWrite(new Taken(delivery, Stopwatch.GetTimestamp()));
                await _health.Keep(stopping);
                failing = false;
                if (taken.Count < room)
                    await listener.Wait(Interval, stopping);
                else if (Volatile.Read(ref _waiting) > Ahead / 2)
                    // Otherwise it was told before there was anything to wait for.
                    await _room.Told(Interval, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever it is, the lane goes on when it is over.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                if (!failing)
                    log.LogWarning(failure, "Deliveries to {Webhook} stand still, and are tried again every {Interval}", webhook.Id, Interval);
                failing = true;
                await Task.WhenAny(Task.Delay(Interval, stopping));
            }
        }
    }

    /// <summary>One of those who each have one attempt under way.</summary>
    private async Task Send(WebhookCaller caller, LaneKeys keys, CancellationToken stopping, CancellationToken abort)
    {
        await foreach (var (delivery, since) in _taken.Reader.ReadAllAsync(CancellationToken.None))
        {
            if (Interlocked.Decrement(ref _waiting) == Ahead / 2)
                _room.Tell();
            try
            {
                if (stopping.IsCancellationRequested)
                    _left.Add(delivery);
                else if (Stopwatch.GetElapsedTime(since) < Fresh)
                    await Attempt(delivery, caller, keys, abort);
            }
            catch (OperationCanceledException) when (abort.IsCancellationRequested)
            {
                _left.Add(delivery);
            }
#pragma warning disable CA1031 // A delivery that cannot be attempted must not take the others' turn with it.
            catch (Exception bug)
#pragma warning restore CA1031
            {
                log.LogError(bug, "The delivery {Delivery} could not be attempted", delivery.Id);
            }
        }
    }

    private async Task Attempt(LeasedDelivery delivery, WebhookCaller caller, LaneKeys keys, CancellationToken abort)
    {
        meters.Began(time.GetUtcNow() - delivery.DueAt);
        var body = WebhookMessage.Of(delivery, signing.CallbackLease(delivery.Id));
        var reply = await caller.Call(delivery.Id.ToString(), body, keys.Now, wantsAnswer: false, abort);
        var end = AttemptEnd.Of(delivery, reply, time.GetUtcNow(), RandomNumberGenerator.GetInt32(1_001) / 1_000.0);
        meters.Ended(end.Attempt.Outcome, reply.Took);
        _health.Saw(end.Attempt.Outcome != AttemptOutcome.Failed);
        await _ends.WaitAsync(CancellationToken.None);
        _ = End(delivery, end, reply);
        if (reply.Status == 410)
            await _health.Gone();
    }

    private async Task End(LeasedDelivery delivery, AttemptEnd end, WebhookReply reply)
    {
        try
        {
            if (!await attempts.End(end, CancellationToken.None))
                log.LogInformation("An attempt of the delivery {Delivery} came too late: somebody else has it, or decided about it", delivery.Id);
            else if (end.To == DeliveryStatus.Dead)
                log.LogError("The delivery {Delivery} is dead: all its attempts have failed, the last because: {Reason}", delivery.Id, reply.Error ?? "it was not called back");
        }
        catch (UnavailableException)
        {
            // The pipeline has told of it. What the attempt came to is not known: it is made again after its lease.
        }
#pragma warning disable CA1031 // Nobody waits for this; it must not be lost.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            log.LogError(bug, "What an attempt of the delivery {Delivery} came to could not be kept", delivery.Id);
        }
        finally
        {
            _ends.Release();
        }
    }

    private async Task GiveBack()
    {
        try
        {
            if (!_left.IsEmpty)
                await store.GiveBack(_left, CancellationToken.None);
        }
#pragma warning disable CA1031 // It is a courtesy: others would take them after their lease.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            log.LogWarning(failure, "{Count} deliveries could not be given back; they go on when their lease has run out", _left.Count);
        }
    }

    private readonly record struct Taken(LeasedDelivery Delivery, long Since);
}
