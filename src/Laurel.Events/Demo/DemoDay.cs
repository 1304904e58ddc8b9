using Laurel.Events.Activities;
using Laurel.Rules;

namespace Laurel.Events.Demo;

/// <summary>What one user does on one day, minute by minute.</summary>
internal sealed class DemoDay(string userId, DateOnly day, double skill, Chance chance)
{
    private static readonly string[] Maps =
        ["harbour", "old_town", "meadow", "pine_forest", "quarry", "marsh", "glacier", "lighthouse", "catacombs", "sky_bridge"];

    private static readonly string[] Monsters = ["slime", "wolf", "bandit", "wraith", "golem", "drake"];
    private static readonly string[] Difficulties = ["normal", "normal", "hard", "nightmare"];
    private static readonly string[] Quests = ["lost_letters", "lamp_oil", "the_ferryman", "three_bells", "sunken_library"];
    private static readonly string[] Products = ["gems_small", "gems_large", "season_pass", "hat"];
    private static readonly int[] Prices = [1_500, 5_900, 12_000, 33_000];

    private Chance _chance = chance;

    public List<NewActivity> Activities { get; } = [];

    /// <summary>How many times they play on this day.</summary>
    public int Sessions(int most) => _chance.Between(1, most);

    /// <summary>Plays for a while. Returns when they are back, some time after that.</summary>
    public DateTimeOffset Play(DateTimeOffset from, int mostMinutes)
    {
        var start = from.AddSeconds(_chance.Between(0, 1_200));
        var minutes = _chance.Between(mostMinutes / 3, mostMinutes);
        var end = start.AddMinutes(minutes);
        if (Activities.Count == 0)
            Did("check_in", start.AddSeconds(_chance.Between(10, 60)));

        var map = _chance.Pick<string>(Maps);
        for (var now = start.AddMinutes(2); now < end; now = now.AddSeconds(_chance.Between(90, 420)))
        {
            if (_chance.Is(0.2))
                map = _chance.Pick<string>(Maps);
            Act(now, map);
        }

        Did("session", end, minutes * 60L);
        return end.AddMinutes(_chance.Between(10, 60));
    }

    private void Act(DateTimeOffset now, string map)
    {
        switch (_chance.Part())
        {
            case < 0.70:
                Did("monster_hunt", now, 50 + (long)(1_500 * skill * _chance.Part()),
                    ("map", map), ("monster", _chance.Pick<string>(Monsters)), ("level", _chance.Between(1, 20) + (int)(40 * skill)));
                break;
            case < 0.86:
                Did("match_end", now, (long)(3_000 * skill * (0.4 + (0.7 * _chance.Part()))),
                    ("mode", _chance.Is(0.4) ? "ranked" : "casual"), ("result", _chance.Is(skill) ? "win" : "loss"));
                break;
            case < 0.94:
                Did("dungeon_clear", now, _chance.Between(240, 900), ("difficulty", _chance.Pick<string>(Difficulties)), ("party", _chance.Between(1, 4)));
                break;
            case < 0.985:
                Did("quest_clear", now, null, ("questId", _chance.Pick<string>(Quests)));
                break;
            case < 0.994:
                var product = _chance.Between(0, Products.Length - 1);
                Did("purchase", now, Prices[product], ("product", Products[product]));
                break;
            default:
                Did("invite_friend", now, null, ("channel", "link"));
                break;
        }
    }

    /// <summary>The id says which one of the day it is, so that it is the same one whenever the day is played again.</summary>
    private void Did(string type, DateTimeOffset at, long? value = null, params IEnumerable<(string Name, Scalar Value)> attributes) =>
        Activities.Add(new NewActivity(
            userId,
            $"demo:{day:yyyyMMdd}:{Activities.Count}",
            new Activity(type, NewActivity.Stored(at), value, Attributes.Of(attributes.Select(one => KeyValuePair.Create(one.Name, one.Value)))),
            Source: null));
}
