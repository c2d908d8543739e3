namespace Emleak.Elf;

/// <summary>Bytes that are needed for a short time: in place, or loaded and released with this.</summary>
internal readonly ref struct StoredBytes(ReadOnlySpan<byte> span, NativeBytes? owner)
{
    public ReadOnlySpan<byte> Span { get; } = span;

    public void Dispose() => owner?.Dispose();
}
