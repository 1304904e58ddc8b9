namespace Laurel.Client;

/// <summary>Where Laurel is, and as whom it is spoken to. No record: it holds a secret, which must not be written where it is logged.</summary>
public sealed class LaurelClientOptions
{
    /// <summary>Where Laurel is, such as <c>https://laurel.example.com</c>. A path is kept: <c>https://example.com/laurel/</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>The service account.</summary>
    public required string ClientId { get; init; }

    /// <summary>Its secret.</summary>
    public required string ClientSecret { get; init; }

    /// <summary>How activities are kept and sent.</summary>
    public ActivityOptions Activities { get; init; } = new();

    /// <summary>How long one attempt may take until its answer is there; by the machine's clock.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// For how long a call that somebody awaits is tried again while Laurel cannot be reached, or has no time. Such calls can be
    /// repeated safely. Zero: a failure is told at once.
    /// </summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Used instead of one that this client makes for itself, and left alone when it is disposed. It should follow no redirects: they
    /// are not Laurel's.
    /// </summary>
    public HttpClient? HttpClient { get; init; }

    /// <summary>The clock by which ids and times are given, tokens are renewed and pauses are made.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What is wrong with them; null where nothing is.</summary>
    internal string? Flaw() => this switch
    {
        not { Address: { IsAbsoluteUri: true, Scheme: "http" or "https" } } => $"Address is such as https://laurel.example.com, not '{Address}'.",
        { ClientId: null or "" } => "ClientId is the id of a service account.",
        { ClientSecret: null or "" } => "ClientSecret is the secret of a service account.",
        _ when Timeout <= TimeSpan.Zero => "Timeout is above zero.",
        _ when RetryFor < TimeSpan.Zero => "RetryFor is not negative.",
        _ => Activities.Flaw(),
    };
}
