using System.Buffers;

namespace Emleak.Elf;

/// <summary>Bytes in memory, which stay where they are.</summary>
internal sealed unsafe class MemoryBytes : ByteSource
{
    private readonly MemoryHandle _pin;
    private readonly byte* _start;

    public MemoryBytes(ReadOnlyMemory<byte> bytes)
    {
        _pin = bytes.Pin();
        _start = (byte*)_pin.Pointer;
        Length = bytes.Length;
    }

    public override long Length { get; }

    public override void Read(ulong offset, Span<byte> destination, string where) => new ReadOnlySpan<byte>(_start + offset, destination.Length).CopyTo(destination);

    public override bool TryGetInPlace(ulong offset, int size, out ReadOnlySpan<byte> bytes)
    {
        bytes = new ReadOnlySpan<byte>(_start + offset, size);
        return true;
    }

    public override void Dispose() => _pin.Dispose();
}
