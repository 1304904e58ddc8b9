namespace Laurel.Events.Activities;

/// <summary>The types of activities that Laurel itself reports.</summary>
internal static class ActivityTypes
{
    public const string CheckIn = "check_in";
    public const string Session = "session";
}
