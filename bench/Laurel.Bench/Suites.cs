namespace Laurel.Bench;

internal static class Suites
{
    public static readonly IReadOnlyDictionary<string, Suite> All =
        new[] { AuthSuite.Suite, Engine.EngineSuite.Suite }.ToDictionary(suite => suite.Name);
}
