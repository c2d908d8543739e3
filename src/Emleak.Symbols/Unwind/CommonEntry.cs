namespace Emleak.Symbols.Unwind;

/// <summary>What the functions of one common information entry (CIE) share.</summary>
/// <param name="CodeAlignment">Factor of all advances.</param>
/// <param name="DataAlignment">Factor of most offsets.</param>
/// <param name="Encoding">How addresses of functions are written.</param>
/// <param name="AddressSize">Bytes of an address that is not encoded.</param>
/// <param name="IsSignal">True for signal trampolines.</param>
/// <param name="HasLength">True when functions say how long their augmentation is.</param>
/// <param name="InitialState">What holds where each function begins.</param>
internal sealed record CommonEntry(
    ulong CodeAlignment, long DataAlignment, byte Encoding, byte AddressSize, bool IsSignal, bool HasLength, CallFrameState InitialState);
