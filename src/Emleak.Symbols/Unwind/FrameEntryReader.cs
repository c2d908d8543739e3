using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>Reads the entries of one section of call-frame information (DWARF 5, 6.4.1; LSB Core, 10.6.1).</summary>
internal sealed class FrameEntryReader
{
    /// <summary>Each damaged entry costs an exception. A section that has more of them has nothing that can be trusted.</summary>
    public const int MostDamaged = 1000;

    // The largest programs have less than a million functions, and less than a hundred common entries. Each is larger in memory than in the section.
    private const int MostFunctions = 1 << 21;
    private const int MostCommons = 1 << 13;

    private const uint LongLength = 0xffff_ffff;

    private readonly FrameFormat _format;
    private readonly CodeRanges _code;
    private readonly List<CommonEntry> _commons = [];
    private readonly Dictionary<int, int> _commonAt = [];
    private readonly CallFrameState[] _remembered = CallFrameProgram.MakeRoom();
    private int _lastCommonAt = -1;
    private int _lastCommon;
    private long _commonBytes;

    public FrameEntryReader(in FrameFormat format, CodeRanges code)
    {
        _format = format;
        _code = code;
    }

    /// <summary>The common entries that functions refer to by number.</summary>
    public IReadOnlyList<CommonEntry> Commons => _commons;

    /// <summary>First addresses of functions, in the section's order.</summary>
    public List<ulong> Starts { get; } = [];

    /// <summary>The functions that begin there.</summary>
    public List<FunctionEntry> Functions { get; } = [];

    /// <summary>Entries that make no sense.</summary>
    public int Damaged { get; private set; }

    public void ReadAll(ReadOnlySpan<byte> data)
    {
        ByteReader reader = new(data, _format.Where);
        while (reader.Remaining >= sizeof(uint) && Damaged < MostDamaged)
        {
            int next;
            try
            {
                if (!TryReadExtent(ref reader, out int start, out next, out bool isLong))
                {
                    if (_format.EndsAtEmptyEntry) return;
                    continue;
                }

                ReadEntry(data, start, next, isLong);
            }
            catch (MalformedDataException)
            {
                Damaged++;
                if (!TryFindNext(data, reader.Position, out next)) return;
            }

            reader.Position = next;
        }
    }

    // False for an empty entry, which the reader then stands behind. Otherwise it stands at the entry's start still.
    private static bool TryReadExtent(ref ByteReader reader, out int start, out int next, out bool isLong)
    {
        int at = reader.Position;
        ulong length = reader.ReadU32();
        isLong = length == LongLength;
        if (isLong) length = reader.ReadU64();
        start = next = reader.Position;
        if (length == 0) return false;
        int rest = reader.Remaining;
        reader.Position = at;
        if (length > (ulong)rest) throw new MalformedDataException("call-frame entry", at, $"{length} bytes where {rest} are left");
        next = start + (int)length;
        return true;
    }

    // After a damaged entry, where the next one is; false when it is the length itself that is damaged.
    private static bool TryFindNext(ReadOnlySpan<byte> data, int at, out int next)
    {
        ByteReader reader = new(data, "call-frame entry") { Position = at };
        try
        {
            return TryReadExtent(ref reader, out _, out next, out _);
        }
        catch (MalformedDataException)
        {
            next = 0;
            return false;
        }
    }

    private void ReadEntry(ReadOnlySpan<byte> data, int start, int end, bool isLong)
    {
        ByteReader reader = new(data[..end], _format.Where) { Position = start };
        ulong id = isLong ? reader.ReadU64() : reader.ReadU32();
        if (IsCommon(id, isLong)) return;

        // In .debug_frame the offset counts from the section's start, in .eh_frame back from where it stands.
        ulong commonAt = _format.IsDebugFrame ? id : unchecked((ulong)start - id);
        if (commonAt >= (ulong)data.Length) throw new MalformedDataException(_format.Where, start, "the common entry lies outside the section");
        int number = CommonAt(data, (int)commonAt);
        CommonEntry common = _commons[number];
        ulong address = _format.ReadAddress(ref reader, common);
        ulong length = _format.ReadLength(ref reader, common);
        if (common.HasLength) reader.Skip(ToInt(reader.ReadUleb128()));
        // What the linker has dropped leaves entries at 0 behind, in .debug_frame most of all.
        if (!_code.Contains(address, unchecked(address + length))) return;
        if (Starts.Count == MostFunctions) throw Malformed(start, $"limit reached: more than {MostFunctions} functions");
        Starts.Add(address);
        Functions.Add(new FunctionEntry(address + length, number, reader.Position, end));
    }

    private bool IsCommon(ulong id, bool isLong) => _format.IsDebugFrame ? id == (isLong ? ulong.MaxValue : uint.MaxValue) : id == 0;

    private int CommonAt(ReadOnlySpan<byte> data, int at)
    {
        if (at == _lastCommonAt) return _lastCommon;
        if (!_commonAt.TryGetValue(at, out int number))
        {
            if (_commons.Count == MostCommons) throw Malformed(at, $"limit reached: more than {MostCommons} common entries");
            CommonEntry common = ReadCommon(data, at);
            number = _commons.Count;
            _commons.Add(common);
            _commonAt.Add(at, number);
        }

        (_lastCommonAt, _lastCommon) = (at, number);
        return number;
    }

    private CommonEntry ReadCommon(ReadOnlySpan<byte> data, int at)
    {
        ByteReader reader = new(data, _format.Where) { Position = at };
        if (!TryReadExtent(ref reader, out int start, out int end, out bool isLong)) throw Malformed(at, "an empty common entry");
        // Entries that lie side by side are no longer together than the section; ones that lie inside each other would be read for ever.
        _commonBytes += end - at;
        if (_commonBytes > data.Length) throw Malformed(at, "common entries that overlap");
        reader = new(data[..end], _format.Where) { Position = start };
        if (!IsCommon(isLong ? reader.ReadU64() : reader.ReadU32(), isLong)) throw Malformed(at, "no common entry where one is said to be");
        byte version = reader.ReadU8();
        if (version is not (1 or 3 or 4)) throw Malformed(at, $"version {version}");
        ReadOnlySpan<byte> letters = reader.ReadCString();
        byte addressSize = (byte)(_format.Bases.Is64Bit ? 8 : 4);
        if (version == 4)
        {
            addressSize = reader.ReadU8();
            if (reader.ReadU8() != 0) throw Malformed(at, "segment selectors");
        }

        ulong codeAlignment = reader.ReadUleb128();
        long dataAlignment = reader.ReadSleb128();
        ulong returnAddress = version == 1 ? reader.ReadU8() : reader.ReadUleb128();
        CommonEntry common = new(codeAlignment, dataAlignment, 0, addressSize, IsSignal: false, HasLength: false, new CallFrameState
        {
            ReturnAddress = _format.Registers.InitialReturnAddress * sizeof(ulong),
            // Registers that are not this architecture's.
            ReturnAddressIsUnknown = returnAddress != _format.Registers.ReturnAddress,
        });
        common = ReadAugmentation(ref reader, letters, common);
        CallFrameProgram program = new(reader, _format, common, _remembered, rows: null, start: 0, end: ulong.MaxValue);
        program.Run();
        return common with { InitialState = program.State };
    }

    private CommonEntry ReadAugmentation(ref ByteReader reader, ReadOnlySpan<byte> letters, CommonEntry common)
    {
        if (letters.IsEmpty) return common;
        if (letters[0] != 'z') throw Malformed(reader.Position, "an augmentation without a length");
        int length = ToInt(reader.ReadUleb128());
        int instructions = reader.Position + length;
        common = common with { HasLength = true };
        foreach (byte letter in letters[1..])
        {
            switch ((char)letter)
            {
                case 'R':
                    common = common with { Encoding = reader.ReadU8() };
                    break;
                case 'P':
                    FramePointerEncoding.Skip(ref reader, reader.ReadU8(), _format.Bases);
                    break;
                case 'L':
                    reader.Skip(1);
                    break;
                case 'S':
                    common = common with { IsSignal = true };
                    break;
            }

            // 'B' (aarch64: the return address is signed with the other key), 'G' and whatever comes have no data.
        }

        reader.Position = instructions;
        return common;
    }

    private int ToInt(ulong length) => length <= int.MaxValue ? (int)length : throw Malformed(0, $"an augmentation of {length} bytes");

    private MalformedDataException Malformed(int at, string problem) => new(_format.Where, at, problem);
}
