using Laurel.Platform;

namespace Laurel;

/// <summary>What a process does. All of it together is the default; apart, each process has some, and they meet over HTTP.</summary>
[Flags]
internal enum Roles
{
    None = 0,

    /// <summary>Faces the clients: passes on what is served elsewhere.</summary>
    Gateway = 1,

    /// <summary>Accounts, sessions, tokens, and which services there are.</summary>
    Auth = 2,

    /// <summary>The API of events, rewards, activities, claims.</summary>
    Events = 4,

    /// <summary>What goes on in the events database by itself: deliveries, jobs, deadlines, the audit chain.</summary>
    Worker = 8,

    All = Gateway | Auth | Events | Worker,
}

internal static class RolesText
{
    private static readonly IReadOnlyList<(string Name, Roles Role)> Names =
        [("gateway", Roles.Gateway), ("auth", Roles.Auth), ("events", Roles.Events), ("worker", Roles.Worker)];

    /// <summary>`auth,worker`; nothing is all.</summary>
    public static Roles Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return Roles.All;
        Roles roles = default;
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var known = Names.FirstOrDefault(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (known.Name is null)
                throw new StartupException($"There is no role '{name}'. Roles are {string.Join(", ", Names.Select(one => one.Name))}; several are separated by commas.");
            roles |= known.Role;
        }

        return roles;
    }

    public static bool Has(this Roles roles, Roles any) => (roles & any) != default;

    public static string Text(this Roles roles) => string.Join(", ", Names.Where(one => roles.Has(one.Role)).Select(one => one.Name));
}
