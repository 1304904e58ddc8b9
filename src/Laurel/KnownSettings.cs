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
        ("Laurel__Roles", "what this process does: gateway, auth, events, worker, several separated by commas (all)"),
        ("Laurel__AuthUrl", "where the auth service is, for processes without it; several addresses are separated by semicolons"),
        ("Laurel__AdvertiseUrl", "where other processes reach this one (where it listens)"),
        ("Laurel__ClusterSecret", "what Laurel's own processes know one another by (made of the master key)"),
        ("Laurel__Gateway__Services__0__Name", "a service of yours behind the gateway; more: __1, __2"),
        ("Laurel__Gateway__Services__0__Prefix", "below which all that it serves stands, such as /leaderboards"),
        ("Laurel__Gateway__Services__0__Addresses", "where its processes are, separated by semicolons"),
        ("Laurel__Gateway__Services__0__HealthPath", "what tells whether one can serve (/health/ready)"),
        ("Laurel__Gateway__Services__0__IdentityHeaders", "true: it is told by X-User-Id and X-User-Role who calls (false)"),
        ("Laurel__Gateway__Services__0__PassesToken", "true: it gets the tokens of who calls, and can act as they (false)"),
        ("Laurel__Admin__Email", "e-mail of the first admin (admin@laurel.local)"),
        ("Laurel__Admin__Password", "password of the first admin (generated, and shown once)"),
        ("Laurel__Auth__SignUpsPerHour", "sign-ups that one address may make in an hour (200)"),
        ("Laurel__Auth__PasswordQueue", "sign-ins that may wait for their turn (200)"),
        ("Laurel__Auth__PasswordIterations", "rounds of PBKDF2-SHA512 (210000, which is also the least)"),
        ("Laurel__Auth__EventsUrl", "where logins are reported as activities (who is registered, else this process)"),
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
        ("Laurel__Cors__Origins__0", "an origin whose pages may call this from browsers, such as https://console.example.com; more: __1, __2"),
        ("Laurel__TrustedProxies__0", "address or network of a proxy whose X-Forwarded-For counts; more: __1, __2"),
        ("Laurel__Issuers__0__Issuer", "an identity provider of yours whose players are believed, as its tokens name it (iss); more: __1, __2"),
        ("Laurel__Issuers__0__Jwks", "its keys: an address, or a file"),
        ("Laurel__Issuers__0__Audience", "what its tokens must be made for (aud)"),
        ("Laurel__Issuers__0__UserIdClaim", "the claim that holds its user's id (sub)"),
        ("Laurel__Issuers__0__Prefix", "what its users' ids begin with here, such as acme:"),
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

    /// <summary>A number in a name stands for any: there is a list.</summary>
    private static bool IsNamed(string known, string name)
    {
        var (parts, given) = (known.Split("__"), name.Split("__"));
        return parts.Length == given.Length && parts.Zip(given).All(pair => pair.First == "0"
            ? pair.Second.Length > 0 && pair.Second.All(char.IsAsciiDigit)
            : pair.First.Equals(pair.Second, StringComparison.OrdinalIgnoreCase));
    }
}
