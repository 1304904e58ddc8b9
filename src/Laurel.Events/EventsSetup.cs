using Laurel.Events.Activities;
using Laurel.Events.Backtests;
using Laurel.Events.Books;
using Laurel.Events.Catalog;
using Laurel.Events.Claims;
using Laurel.Events.Coupons;
using Laurel.Events.Deliveries;
using Laurel.Events.Erasures;
using Laurel.Events.Jobs;
using Laurel.Events.Progress;
using Laurel.Events.Voids;
using Laurel.Events.Wallet;
using Laurel.Platform;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Events;

/// <summary>The events service: what operators define, what users do, what they have reached.</summary>
public static class EventsSetup
{
    public const string Service = "events";

    public static void AddEvents(this IServiceCollection services, EventsDatabase database, EventsOptions options)
    {
        services.AddSingleton(database);
        services.AddSingleton(options);
        services.AddOwning<EventCatalog>(database);
        services.AddOwning<RewardStore>(database);
        services.AddOwning<EventStore>(database);
        services.AddSingleton<EventWriter>();
        services.AddSingleton<JobStore>();
        services.AddSingleton<JobReader>();
        services.AddSingleton<JobResults>();
        services.AddSingleton<JobBatches>();
        services.AddSingleton<UserSweep>();
        services.AddSingleton<IJobWork, CatchUp>();
        services.AddSingleton<IJobWork, Rejudge>();
        services.AddSingleton<IJobWork, Preview>();
        services.AddSingleton<Backtesting>();
        services.AddSingleton<IJobWork, BacktestWork>();
        services.AddSingleton<VoidStore>();
        services.AddSingleton<VoidWork>();
        services.AddSingleton<IJobWork>(provider => provider.GetRequiredService<VoidWork>());
        services.AddSingleton<ErasureStore>();
        services.AddSingleton<ErasureWork>();
        services.AddSingleton<IJobWork>(provider => provider.GetRequiredService<ErasureWork>());
        services.AddSingleton<Intake>();
        services.AddSingleton<Generations>();
        services.AddSingleton<Claiming>();
        services.AddSingleton<DueSignal>();
        services.AddSingleton<ClaimReader>();
        services.AddSingleton<ClaimDesk>();
        services.AddSingleton<KeptAnswers>();
        services.AddSingleton<ClaimDeadlines>();
        services.AddSingleton<RefusedClaims>();
        services.AddSingleton<RefusedClaimStore>();
        services.AddSingleton<CouponStore>();
        services.AddSingleton<CouponUploads>();
        services.AddSingleton<DeliveryBell>();
        services.AddSingleton<DeliveryMeters>();
        services.AddSingleton<DeliveryStore>();
        services.AddSingleton<DeliveryReader>();
        services.AddSingleton<DeliveryDesk>();
        services.AddSingleton<Attempts>();
        services.AddSingleton<Signing>();
        services.AddSingleton<NameResolver>();
        services.AddSingleton<WebhookStore>();
        services.AddSingleton<WebhookTester>();
        services.AddSingleton<DeliverySweep>();
        services.AddSingleton<Wallets>();
        services.AddSingleton<PointsDesk>();
        services.AddSingleton<Presence>();
        services.AddSingleton<ProgressReader>();
        services.AddSingleton<Participants>();
        services.AddSingleton<Explaining>();
        services.AddSingleton<Verification>();
        services.AddSingleton<Bookkeeping>();
        services.AddSingleton(new ReadinessCheck("events database", cancellation => database.Any.Execute("SELECT 1", [], cancellation)));
        services.AddPeriodicWork("events: catalog", TimeSpan.FromSeconds(1), provider => provider.GetRequiredService<EventCatalog>().KeepUp);
        services.AddAudit(Service, database.Any);
        services.AddOpenApiDocument("events", "Laurel: events", "Events, rewards, activities, progress.", RulesSchemas.Describe);
    }

    /// <summary>What a process does beside answering requests: it claims for users what is due, and writes down what it has refused.</summary>
    public static void AddEventsIntake(this IServiceCollection services)
    {
        services.AddHostedService<AutoClaiming>();
        services.AddHostedService<RefusedClaimWriter>();
    }

    /// <summary>What goes on by itself, whoever asks for what. Any number of processes may do it beside one another.</summary>
    public static void AddEventsWork(this IServiceCollection services)
    {
        services.AddHostedService<JobRunner>();
        services.AddHostedService<DeliveryWorker>();
        services.AddPeriodicWork("events: deliveries", TimeSpan.FromSeconds(10), provider => provider.GetRequiredService<DeliverySweep>().Run);
        services.AddPeriodicWork("events: generations", TimeSpan.FromMinutes(1), provider => provider.GetRequiredService<Generations>().Tend);
        services.AddPeriodicWork("events: kept answers", TimeSpan.FromMinutes(10), provider => provider.GetRequiredService<KeptAnswers>().Sweep);
        services.AddPeriodicWork("events: deadlines of approval", TimeSpan.FromSeconds(1), provider => provider.GetRequiredService<ClaimDeadlines>().Decide);
        services.AddPeriodicWork("events: refused claims", TimeSpan.FromHours(1), provider => provider.GetRequiredService<RefusedClaimStore>().Forget);
        services.AddAuditWork(Service);
    }

    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        routes.MapRewards();
        routes.MapCoupons();
        routes.MapEventCatalog();
        routes.MapOffers();
        routes.MapActivities();
        routes.MapVoids();
        routes.MapPlaying();
        routes.MapProgress();
        routes.MapClaims();
        routes.MapClaimDesk();
        routes.MapDecisions();
        routes.MapGrants();
        routes.MapRefusedClaims();
        routes.MapWebhooks();
        routes.MapDeliveries();
        routes.MapPull();
        routes.MapCallbacks();
        routes.MapWallet();
        routes.MapPoints();
        routes.MapSupport();
        routes.MapErasures();
        routes.MapBacktests();
        routes.MapReplay();
        routes.MapJobs();
        routes.MapAudit(Service, "/v1/audit");
    }

    /// <summary>What has to be there before the first request is served.</summary>
    public static Task StartEvents(this IServiceProvider provider, CancellationToken cancellation) =>
        provider.GetRequiredService<EventCatalog>().Load(cancellation);

    /// <summary>Each service has a database of its own, so a data source is handed to its owners, never found by its type.</summary>
    private static void AddOwning<T>(this IServiceCollection services, EventsDatabase database) where T : class =>
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<T>(provider, database.Any));
}
