using Laurel.Events.Catalog;
using Laurel.Platform.Http;

namespace Laurel.Events.Demo;

/// <summary>Rewards with contents of every type.</summary>
internal static class DemoRewards
{
    public const string Pocket = "100 points";
    public const string Purse = "1,000 points";
    public const string Potions = "Potion pack";
    public const string Bronze = "Bronze chest";
    public const string Gold = "Golden chest";
    public const string Coffee = "Coffee on us";
    public const string Founder = "Founder's badge";
    public const string Keeper = "Keeper of the library";
    public const string Figure = "Signed figure of the captain";

    public static readonly IReadOnlyList<RewardRequest> All =
    [
        new(Pocket, [new Points(100)]),
        new(Purse, [new Points(1_000)]),
        new(Potions, [new Item("potion_red", "Red potion", 5), new Item("potion_blue", "Blue potion", 5)]),
        new(Bronze, [new Item("chest_bronze", "Bronze chest", 1), new Points(300)]),
        new(Gold, [new Item("chest_gold", "Golden chest", 1), new Points(2_000), new Badge("golden_hand")]),
        new(Coffee, [new Coupon("coffee")], Stock: 300),
        new(Founder, [new Badge("founder")]),
        new(Keeper, [new Badge("keeper"), new Custom(FreeForm.Parse("""{"title": "Keeper of the library", "color": "#3c6e71"}"""))]),
        new(Figure, [new Custom(FreeForm.Parse("""{"ship": true, "sku": "FIG-0042"}"""))], Stock: 10),
    ];
}
