namespace Emleak.Elf.Tests;

public sealed class ByteReaderTests
{
    [Fact]
    public void A_read_that_does_not_fit_leaves_the_cursor_where_it_was()
    {
        Assert.Equal(1, PositionAfter([1, 2, 3], static (ref ByteReader reader) => reader.ReadU32()));
        Assert.Equal(1, PositionAfter([1, 0x80, 0x80], static (ref ByteReader reader) => reader.ReadUleb128()));
        Assert.Equal(1, PositionAfter([1, 0x80, 0x80], static (ref ByteReader reader) => reader.ReadSleb128()));
        Assert.Equal(1, PositionAfter([1, 65, 66], static (ref ByteReader reader) => reader.ReadCString()));
        Assert.Equal(1, PositionAfter([1, 2, 3], static (ref ByteReader reader) => reader.ReadBytes(-1)));
        Assert.Equal(1, PositionAfter([1, 2, 3], static (ref ByteReader reader) => reader.Position = 4));
        Assert.Equal(1, PositionAfter([1, 2, 3], static (ref ByteReader reader) => reader.Seek(ulong.MaxValue)));
        Assert.Equal(1, PositionAfter([1, 0x80, 0xff], static (ref ByteReader reader) => reader.SkipLeb128()));
    }

    [Theory]
    [InlineData(new byte[] { 0x00 }, 0UL)]
    [InlineData(new byte[] { 0xe5, 0x8e, 0x26 }, 624485UL)]
    [InlineData(new byte[] { 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 }, 1UL)]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 }, ulong.MaxValue)]
    public void Uleb128_reads(byte[] bytes, ulong expected) => Assert.Equal(expected, new ByteReader(bytes, "test").ReadUleb128());

    [Theory]
    [InlineData(new byte[] { 0x7f }, -1L)]
    [InlineData(new byte[] { 0xc0, 0xbb, 0x78 }, -123456L)]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f }, long.MinValue)]
    public void Sleb128_reads(byte[] bytes, long expected) => Assert.Equal(expected, new ByteReader(bytes, "test").ReadSleb128());

    [Fact]
    public void Leb128_numbers_are_skipped_whatever_their_size()
    {
        ByteReader reader = new([0x05, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x42], "test");
        reader.SkipLeb128();
        reader.SkipLeb128();
        Assert.Equal(0x42, reader.ReadU8());
    }

    [Fact]
    public void Uleb128_over_64_bits_is_malformed() => Assert.Throws<MalformedDataException>(
        static () => new ByteReader([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], "test").ReadUleb128());

    private static int PositionAfter(byte[] bytes, Act act)
    {
        ByteReader reader = new(bytes, "test");
        reader.Skip(1);
        bool refused = false;
        try
        {
            act(ref reader);
        }
        catch (MalformedDataException)
        {
            refused = true;
        }

        Assert.True(refused);
        return reader.Position;
    }

    private delegate void Act(ref ByteReader reader);
}
