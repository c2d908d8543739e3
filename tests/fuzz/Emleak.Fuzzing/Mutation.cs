using System.Buffers.Binary;

namespace Emleak.Fuzzing;

/// <summary>Damage that is the same for the same number, so that a find can be repeated.</summary>
public static class Mutation
{
    private static readonly uint[] Interesting =
        [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0xffffff, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff];

    /// <summary>A damaged copy.</summary>
    public static byte[] Of(ReadOnlySpan<byte> seed, int number)
    {
        Random random = new(number);
        byte[] bytes = seed.ToArray();
        for (int left = random.Next(1, 8); left > 0 && bytes.Length > sizeof(uint); left--) bytes = Once(bytes, random);
        return bytes;
    }

    private static byte[] Once(byte[] bytes, Random random)
    {
        int at = random.Next(bytes.Length - sizeof(uint));
        Span<byte> word = bytes.AsSpan(at & ~3, sizeof(uint));
        switch (random.Next(6))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2:
                BinaryPrimitives.WriteUInt32LittleEndian(word, Interesting[random.Next(Interesting.Length)]);
                return bytes;
            case 3:
                BinaryPrimitives.WriteUInt32LittleEndian(word, unchecked(BinaryPrimitives.ReadUInt32LittleEndian(word) + (uint)random.Next(-16, 17)));
                return bytes;
            case 4:
                int length = Math.Min(random.Next(1, 64), bytes.Length - at);
                bytes.AsSpan(random.Next(bytes.Length - length), length).ToArray().CopyTo(bytes.AsSpan(at));
                return bytes;
            default:
                return random.Next(4) == 0 ? bytes[..at] : bytes;
        }
    }
}
