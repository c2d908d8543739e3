using System.Text;

namespace Emleak.Symbols.Demangling;

/// <summary>
/// The UTF-8 text of one demangled name. It refuses to grow beyond <see cref="Limit"/>: what comes after is dropped and
/// <see cref="Overflowed"/> is set, so that a name of a hundred bytes cannot expand into gigabytes.
/// </summary>
internal sealed class OutputText
{
    public const int Limit = 256 * 1024;

    private byte[] _bytes = new byte[1024];

    public int Length { get; private set; }

    public bool Overflowed { get; private set; }

    /// <summary>The last byte written, 0 when there is none.</summary>
    public byte Last => Length == 0 ? (byte)0 : _bytes[Length - 1];

    public Span<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear()
    {
        Length = 0;
        Overflowed = false;
    }

    /// <summary>Takes back what was written after <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = Math.Min(length, Length);

    public void Append(char ascii)
    {
        int length = Length;
        byte[] bytes = _bytes;
        if ((uint)length < (uint)bytes.Length)
        {
            bytes[length] = (byte)ascii;
            Length = length + 1;
        }
        else if (TryGrow(1))
        {
            _bytes[Length++] = (byte)ascii;
        }
    }

    public void Append(ReadOnlySpan<byte> text)
    {
        if (text.Length > _bytes.Length - Length && !TryGrow(text.Length)) return;
        text.CopyTo(_bytes.AsSpan(Length));
        Length += text.Length;
    }

    public void AppendNumber(ulong number)
    {
        Span<byte> digits = stackalloc byte[20];
        number.TryFormat(digits, out int written);
        Append(digits[..written]);
    }

    public override string ToString() => Encoding.UTF8.GetString(_bytes, 0, Length);

    private bool TryGrow(int extra)
    {
        if (extra > Limit - Length)
        {
            Overflowed = true;
            return false;
        }

        Array.Resize(ref _bytes, Math.Min(Limit, Math.Max(_bytes.Length * 2, Length + extra)));
        return true;
    }
}
