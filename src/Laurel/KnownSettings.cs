using System.Text;
using Laurel.Platform;

namespace Laurel;

/// <summary>All that can be set, as `--help` shows it. A name of Laurel's that is not among them is a slip, and is refused.</summary>
internal static class KnownSettings
{
    private const string Section = "Laurel";

    private static readonly IReadOnlyList<(string Name, string Meaning)> All =
    [
        ("ConnectionStrings__Auth", "database of the accounts, in a PostgreSQL of yours, 15 or newer"),
        ("ConnectionStrings__Events", "database of the events; set both or neither"),
        ("Laurel__DataDir", "folder of Laurel's own PostgreSQL and of its keys (.laurel)"),
        ("Laurel__PostgresDir", "folder that PostgreSQL's programs are installed in (the data folder)"),
        ("Laurel__MasterKey", "32 bytes in base64 that seal the signing keys (a file in the data folder)"),
        ("Laurel__Admin__Email", "e-mail of the first admin (admin@laurel.local)"),
        ("Laurel__Admin__Password", "password of the first admin (generated, and shown once)"),
        ("Laurel__Auth__SignUpsPerHour", "sign-ups that one address may make in an hour (200)"),
        ("Laurel__Auth__PasswordQueue", "sign-ins that may wait for their turn (200)"),
        ("Laurel__Auth__PasswordIterations", "rounds of PBKDF2-SHA512 (210000, which is also the least)"),
        ("Laurel__Auth__EventsUrl", "where logins are reported as activities (this process)"),
        ("Laurel__Events__KeepDays", "days that activities are kept at least (90)"),
        ("Laurel__Events__RowsInMemory", "rows of progress that a process may hold in memory (400000)"),
        ("Laurel__Claims__ApproveGrantsAbove", "points that one operator may grant by hand; of more a second one approves (10000)"),
        ("Laurel__Claims__ApproveOtherGrants", "whether a second operator approves all grants of anything but points (true)"),
        ("Laurel__Webhooks__AllowLoopback", "true: webhooks may call this machine, by http too; for development (false)"),
        ("Laurel__Limits__AccountBurst", "requests that an account may send at once; 0, here as below: no limit (100)"),
        ("Laurel__Limits__AccountPerSecond", "requests that an account may send each second (20)"),
        ("Laurel__Limits__ServiceBurst", "requests that a service account may send at once (0)"),
        ("Laurel__Limits__ServicePerSecond", "requests that a service account may send each second (0)"),
        ("Laurel__Limits__AddressBurst", "requests without a good token that an address may send at once (200)"),
        ("Laurel__Limits__AddressPerSecond", "requests without a good token that an address may send each second (50)"),
        ("Laurel__Limits__LoginBurst", "sign-ups, sign-ins and exchanges of tokens that an address may send at once (100)"),
        ("Laurel__Limits__LoginPerSecond", "sign-ups, sign-ins and exchanges of tokens that an address may send each second (10)"),
        ("Laurel__Limits__AtOnce", "requests that each service works on at once (64 for each processor)"),
        ("Laurel__TrustedProxies__0", "address or network of a proxy whose X-Forwarded-For counts; more: __1, __2"),
        ("Laurel__Logs", "json or text (text at a terminal, else json)"),
        ("Logging__LogLevel__Default", "the least level that is logged (Information)"),
    ];

    public static IEnumerable<string> Names => All.Select(setting => setting.Name);

    public static string Help()
    {
        var width = All.Max(setting => setting.Name.Length) + 2;
        var text = new StringBuilder();
        foreach (var (name, meaning) in All)
            text.Append("\n  ").Append(name.PadRight(width)).Append(meaning);
        return text.ToString();
    }

    public static void Check(IConfiguration configuration)
    {
        foreach (var (key, value) in configuration.GetSection(Section).AsEnumerable())
        {
            var name = key.Replace(":", "__", StringComparison.Ordinal);
            if (value is not null && !All.Any(known => IsNamed(known.Name, name)))
                throw new StartupException($"There is no setting {name}. `laurel --help` lists them.");
        }
    }

    /// <summary>A name that ends in a number stands for a list.</summary>
    private static bool IsNamed(string known, string name) => known.EndsWith("__0", StringComparison.Ordinal)
        ? name.StartsWith(known[..^1], StringComparison.OrdinalIgnoreCase) && int.TryParse(name.AsSpan(known.Length - 1), out _)
        : name.Equals(known, StringComparison.OrdinalIgnoreCase);
}
