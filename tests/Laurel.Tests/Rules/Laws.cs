using FsCheck;

namespace Laurel.Tests.Rules;

/// <summary>How often each law is tried: 1,000 cases, or as many as LAUREL_LAW_CASES says.</summary>
internal static class Laws
{
    public static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(
        int.TryParse(Environment.GetEnvironmentVariable("LAUREL_LAW_CASES"), out var cases) ? cases : 1_000);
}
