namespace Laurel.Bench;

internal static class Suites
{
    public static readonly IReadOnlyDictionary<string, Suite> All =
        new[] { AuthSuite.Suite, Engine.EngineSuite.Suite, Claims.ClaimsSuite.Suite, Claims.HistorySuite.Suite, Gateway.GatewaySuite.Suite }.ToDictionary(suite => suite.Name);
}
