namespace Emleak.BpfLoader.Buffers;

/// <summary>Looks at one record that a program has sent.</summary>
/// <param name="record">
/// Its bytes, good during the call only. Perf buffers fill up with up to 7 bytes: the record's own size or kind must be in it, or
/// clear from its beginning.
/// </param>
public delegate void RecordHandler(ReadOnlySpan<byte> record);
