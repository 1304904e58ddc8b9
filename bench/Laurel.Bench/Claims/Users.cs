namespace Laurel.Bench.Claims;

/// <summary>The users of this suite. Laurel's own accounts have such ids.</summary>
internal static class Users
{
    // No divisor of the number of users, and far from it: neighbours in the order of asking are strangers in every index.
    private const int Stride = 61_803;

    /// <summary>How PostgreSQL writes the id of user n.</summary>
    public const string IdInSql = "'00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0')";

    public static string Id(int user) => $"00000000-0000-7000-8000-{user:x12}";

    /// <summary>Each user once, in an order without a pattern that an index could use.</summary>
    public static int InTurn(int turn, int count) => (int)((long)turn * Stride % count);
}
