using System.Net;
using Laurel.Platform.Limits;

namespace Laurel.Tests.Limits;

public sealed class WhoseBucket
{
    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9", true)]
    [InlineData("203.0.113.9", "::ffff:203.0.113.9", true)]
    [InlineData("203.0.113.9", "203.0.113.10", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("fe80::1%1", "fe80::2%2", true)]
    [InlineData("::ffff:203.0.113.9", "::ffff:203.0.113.10", false)]
    [InlineData("::1", "127.0.0.1", false)]
    [InlineData("0.0.0.0", "::", false)]
    public void An_address_is_its_household(string one, string other, bool same)
    {
        Assert.Equal(same, LimitKey.OfAddress(IPAddress.Parse(one)) == LimitKey.OfAddress(IPAddress.Parse(other)));
        Assert.NotEqual(UInt128.Zero, LimitKey.OfAddress(IPAddress.Parse(one)));
    }

    [Fact]
    public void Who_has_no_address_is_one_too() => Assert.NotEqual(UInt128.Zero, LimitKey.OfAddress(null));

    [Theory]
    [InlineData("01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8057", true)]
    [InlineData("01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058", false)]
    [InlineData("game:anna", "game:anna", true)]
    [InlineData("game:anna", "game:Anna", false)]
    [InlineData("", "game:", false)]
    public void An_account_is_its_subject(string one, string other, bool same) =>
        Assert.Equal(same, LimitKey.OfSubject(one) == LimitKey.OfSubject(other));
}
