using FsCheck;
using FsCheck.Fluent;
using Laurel.Rules;

namespace Laurel.Tests.Rules;

public sealed class StoredProgress
{
    [Fact]
    public void No_bytes_make_the_reader_do_anything_but_read_or_refuse()
    {
        var junk =
            from history in Histories.Some
            from place in Gen.Choose(0, 10_000)
            from value in Gen.Choose(0, 255)
            from change in Gen.Choose(0, 3)
            select (history, place, (byte)value, change);

        Prop.ForAll(junk.ToArbitrary(), it =>
        {
            var (history, place, value, change) = it;
            foreach (var (_, progress) in history.Fold(history.Activities))
            {
                var bytes = progress.Encode().ToList();
                var at = place % bytes.Count;
                if (change == 0)
                    bytes[at] = value;
                else if (change == 1)
                    bytes.Insert(at, value);
                else if (change == 2)
                    bytes.RemoveAt(at);
                else
                    bytes.RemoveRange(at, bytes.Count - at);

                // What can be read is the one encoding of something.
                if (Read([.. bytes]) is { } read)
                    Assert.Equal(bytes, read.Encode());
            }
        }).Check(Laws.Config);
    }

    public static TheoryData<string, string> Nonsense => new()
    {
        { "", "nothing" },
        { "00", "no format" },
        { "02", "a format of the future" },
        { "01", "no count" },
        { "010000", "more than was announced" },
        { "01FFFFFFFF0F", "more measures than bytes" },
        { "0101FF", "an end in the key" },
        { "01" + "01" + "0100000000000000" + "00", "no number" },
        { "01" + "01" + "0100000000000000" + "0000", "zero, which is not stored" },
        { "01" + "01" + "0100000000000000" + "008100", "a number in a longer form" },
        { "01" + "01" + "0100000000000000" + "00FFFFFFFFFFFFFFFFFF01", "a negative number" },
        { "01" + "01" + "0100000000000000" + "00FFFFFFFFFFFFFFFFFFFF01", "a number of 70 bits" },
        { "01" + "01" + "0100000000000000" + "03" + "01", "an unknown kind" },
        { "01" + "02" + "0200000000000000" + "0001" + "0100000000000000" + "0001", "keys that descend" },
        { "01" + "02" + "0100000000000000" + "0001" + "0100000000000000" + "0001", "a key twice" },
        { "01" + "01" + "0100000000000000" + "01" + "01" + "00", "no days" },
        { "01" + "01" + "0100000000000000" + "01" + "01" + "020001", "days that begin with an empty byte" },
        { "01" + "01" + "0100000000000000" + "01" + "01" + "020100", "days that end with an empty byte" },
        { "01" + "01" + "0100000000000000" + "01" + "FFFFFF7F" + "0101", "days after the end of time" },
        { "01" + "01" + "0100000000000000" + "01" + "01" + "FFFFFFFFFFFFFFFFFF01", "more days than there are" },
        { "01" + "01" + "0100000000000000" + "02" + "00", "no values" },
        { "01" + "01" + "0100000000000000" + "02" + "02" + "02000000000000000100000000000000", "hashes that descend" },
        { "01" + "01" + "0100000000000000" + "02" + "E907", "1,001 values" },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void Nonsense_is_refused(string bytes, string what)
    {
        Assert.NotEmpty(what);
        Assert.Throws<InvalidDataException>(() => Progress.Decode(Convert.FromHexString(bytes)));
    }

    /// <summary>If this fails, stored progress is no longer read: give the new form another format byte and keep reading this one.</summary>
    [Fact]
    public void The_encoding_is_what_it_was()
    {
        var definition = Cases.Event(new All([new Attendance(1), new Sum("hunt", 1), new Distinct("hunt", "map", 1)]));
        var progress = new[] { Cases.On(5), Cases.On(9), Cases.On(5, "hunt", 300, ("map", "숲")), Cases.On(5, "hunt", 300, ("map", 1.50m)), Cases.On(6, "hunt", null, ("map", true)) }
            .Aggregate(Progress.Empty, (progress, activity) => Engine.Fold(definition, progress, activity));

        Assert.Equal(
            "01" + "03" // the format, three measures
            + "AB90E10A47B68EA8" + "02" + "03" + "34D7A6BF7E0C943C" + "2CCBC234FCBC56B4" + "9E4F3C314AB148D8" // distinct: three hashes
            + "B43EF54456FBFAB4" + "01" + "A4D205" + "02" + "1001" // days: from byte 92,452, the days 739,620 and 739,624
            + "F3D992DE0560AAD1" + "00" + "D804", // sum: 600
            Convert.ToHexString(progress.Encode()));
        Assert.Equal(progress, Progress.Decode(progress.Encode()));
    }

    private static Progress? Read(byte[] bytes)
    {
        try
        {
            return Progress.Decode(bytes);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
