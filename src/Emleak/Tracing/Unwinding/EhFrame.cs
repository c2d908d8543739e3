using System.Buffers.Binary;
using Emleak.Elf;
using Emleak.Tracing.Records;

namespace Emleak.Tracing.Unwinding;

/// <summary>Reads .eh_frame of x86-64 into rows. In use until Emleak.Symbols has its own reader.</summary>
internal sealed class EhFrame
{
    private readonly byte[] _data;
    private readonly ulong _address;
    private readonly Dictionary<int, Cie> _cies = [];
    private readonly List<(ulong Start, ulong End, List<EhRow> Rows)> _functions = [];
    private int _at;

    private EhFrame(byte[] data, ulong address)
    {
        _data = data;
        _address = address;
    }

    private sealed record Cie(long CodeAlign, long DataAlign, byte Encoding, bool IsSignal, bool HasAugmentation, int Start, int End);

    private struct State
    {
        public UnwindKind Kind;
        public long Offset;
        public long At;
        public long FramePointer;
        public bool IsOutermost;
        public bool IsUnknown;
    }

    public static List<EhRow> Read(ElfImage image)
    {
        if (image.FindSection(".eh_frame") is not ElfSection section || section.Size == 0) return [];
        EhFrame reader = new(image.GetData(section).ToArray(), section.Address);
        reader.ReadAll();
        return reader.Sorted();
    }

    private List<EhRow> Sorted()
    {
        _functions.Sort((left, right) => left.Start.CompareTo(right.Start));
        List<EhRow> rows = [];
        ulong last = 0;
        for (int i = 0; i < _functions.Count; i++)
        {
            (ulong start, ulong end, List<EhRow> of) = _functions[i];
            if (start < last) continue;
            rows.AddRange(of);
            if (i + 1 == _functions.Count || _functions[i + 1].Start > end) rows.Add(new EhRow(end, default));
            last = end;
        }

        return rows;
    }

    private void ReadAll()
    {
        int at = 0;
        while (at + 8 <= _data.Length)
        {
            int start = at;
            long length = BinaryPrimitives.ReadUInt32LittleEndian(_data.AsSpan(at));
            at += 4;
            if (length == 0) continue;
            if (length == 0xffffffff) return;
            int end = (int)Math.Min(at + length, _data.Length);
            uint id = BinaryPrimitives.ReadUInt32LittleEndian(_data.AsSpan(at));
            try
            {
                if (id == 0) _cies[start] = ReadCie(at + 4, end);
                else if (_cies.TryGetValue((int)(at - id), out Cie? cie)) ReadFde(cie, at + 4, end);
            }
            catch (Exception problem) when (problem is IndexOutOfRangeException or ArgumentException or OverflowException)
            {
                // This entry is damaged; the next one is where its length says.
            }

            at = end;
        }
    }

    private Cie ReadCie(int at, int end)
    {
        _at = at + 1;
        int augmentation = _at;
        while (_data[_at++] != 0) { }
        ReadOnlySpan<byte> letters = _data.AsSpan(augmentation, _at - augmentation - 1);
        long code = Uleb(), data = Sleb();
        Uleb();
        byte encoding = 0;
        bool signal = false;
        bool has = letters.Length > 0 && letters[0] == 'z';
        int instructions = _at;
        if (has)
        {
            int length = (int)Uleb();
            instructions = _at + length;
            foreach (byte letter in letters[1..])
            {
                if (letter == 'R') encoding = _data[_at++];
                else if (letter == 'S') signal = true;
                else if (letter == 'L') _at++;
                else if (letter == 'P')
                {
                    byte personality = _data[_at++];
                    _at += (personality & 15) switch { 0 or 4 or 12 => 8, 2 or 10 => 2, _ => 4 };
                }
            }
        }

        return new Cie(code, data, encoding, signal, has, instructions, end);
    }

    private ulong Pointer(byte encoding)
    {
        ulong place = _address + (ulong)_at;
        ulong value = (encoding & 15) switch
        {
            0 or 4 or 12 => U64(),
            2 => U16(),
            3 => U32(),
            10 => unchecked((ulong)(short)U16()),
            11 => unchecked((ulong)(int)U32()),
            _ => throw new OverflowException(),
        };
        return (encoding & 0x70) == 0x10 ? unchecked(value + place) : value;
    }

    private void ReadFde(Cie cie, int at, int end)
    {
        _at = at;
        ulong start = Pointer(cie.Encoding);
        ulong size = Pointer((byte)(cie.Encoding & 15));
        if (size == 0) return;
        int instructions = _at;
        if (cie.HasAugmentation) instructions = (int)Uleb() + _at;
        List<EhRow> rows = [];
        if (cie.IsSignal)
        {
            rows.Add(new EhRow(start, Key(new UnwindRule { Kind = UnwindKind.Signal })));
        }
        else
        {
            State state = default;
            ulong location = start;
            Run(cie, cie.Start, cie.End, ref state, default, ref location, null);
            State initial = state;
            Run(cie, instructions, end, ref state, initial, ref location, rows);
            Emit(rows, location, state);
        }

        _functions.Add((start, start + size, rows));
    }

    private static UInt128 Key(UnwindRule rule) => System.Runtime.CompilerServices.Unsafe.BitCast<UnwindRule, UInt128>(rule);

    private static void Emit(List<EhRow> rows, ulong location, in State state)
    {
        UnwindRule rule = default;
        if (state.IsOutermost) rule.Kind = UnwindKind.Outermost;
        else if (state.IsUnknown || state.Kind == UnwindKind.None) rule.Kind = UnwindKind.Unknown;
        else
        {
            rule.Kind = state.Kind;
            rule.CfaOffset = (int)state.Offset;
            rule.At = (int)state.At;
            rule.FramePointer = (short)(state.FramePointer == 1 ? 1 : state.FramePointer / 8);
        }

        if (rows.Count > 0 && rows[^1].Address == location) rows[^1] = new EhRow(location, Key(rule));
        else if (rows.Count == 0 || rows[^1].Rule != Key(rule)) rows.Add(new EhRow(location, Key(rule)));
    }

    private void Run(Cie cie, int at, int end, ref State state, State initial, ref ulong location, List<EhRow>? rows)
    {
        Stack<State> saved = new();
        _at = at;
        while (_at < end)
        {
            byte op = _data[_at++];
            int low = op & 63;
            long advance = -1;
            switch (op >> 6)
            {
                case 1: advance = low; break;
                case 2: SetOffset(ref state, low, Uleb() * cie.DataAlign); break;
                case 3: Restore(ref state, initial, low); break;
                default:
                    switch (op)
                    {
                        case 0: break;
                        case 1:
                            if (rows is not null) Emit(rows, location, state);
                            location = Pointer(cie.Encoding);
                            break;
                        case 2: advance = _data[_at++]; break;
                        case 3: advance = (long)U16(); break;
                        case 4: advance = (long)U32(); break;
                        case 5: { long r = Uleb(); SetOffset(ref state, r, Uleb() * cie.DataAlign); break; }
                        case 6: Restore(ref state, initial, Uleb()); break;
                        case 7: { long r = Uleb(); if (r == 16) state.IsOutermost = true; else if (r == 6) state.FramePointer = 0; break; }
                        case 8: { long r = Uleb(); if (r == 6) state.FramePointer = 0; break; }
                        case 9: { long r = Uleb(); Uleb(); if (r is 6 or 16) state.IsUnknown = true; break; }
                        case 10: saved.Push(state); break;
                        case 11: if (saved.Count > 0) state = saved.Pop(); break;
                        case 12: { long r = Uleb(); SetCfa(ref state, r, Uleb()); break; }
                        case 13: SetCfa(ref state, Uleb(), state.Offset); break;
                        case 14: state.Offset = Uleb(); break;
                        case 15: { int length = (int)Uleb(); CfaExpression(ref state, _data.AsSpan(_at, length)); _at += length; break; }
                        case 16:
                        case 22:
                            {
                                long r = Uleb();
                                int length = (int)Uleb();
                                ReadOnlySpan<byte> expression = _data.AsSpan(_at, length);
                                _at += length;
                                if (r == 6 && op == 16 && expression is [0x76, 0]) state.FramePointer = 1;
                                else if (r is 6 or 16) state.IsUnknown = true;
                                break;
                            }

                        case 17: { long r = Uleb(); SetOffset(ref state, r, Sleb() * cie.DataAlign); break; }
                        case 18: { long r = Uleb(); SetCfa(ref state, r, Sleb() * cie.DataAlign); break; }
                        case 19: state.Offset = Sleb() * cie.DataAlign; break;
                        case 20: { long r = Uleb(); Uleb(); if (r is 6 or 16) state.IsUnknown = true; break; }
                        case 21: { long r = Uleb(); Sleb(); if (r is 6 or 16) state.IsUnknown = true; break; }
                        case 0x2e: Uleb(); break;
                        default: throw new OverflowException();
                    }

                    break;
            }

            if (advance < 0) continue;
            if (rows is not null) Emit(rows, location, state);
            location += (ulong)(advance * cie.CodeAlign);
        }
    }

    private static void SetOffset(ref State state, long register, long offset)
    {
        if (register == 6) state.FramePointer = offset;
        else if (register == 16 && offset != -8) state.IsUnknown = true;
    }

    private static void Restore(ref State state, in State initial, long register)
    {
        if (register == 6) state.FramePointer = initial.FramePointer;
        else if (register == 16) state.IsOutermost = initial.IsOutermost;
    }

    private static void SetCfa(ref State state, long register, long offset)
    {
        state.Offset = offset;
        state.At = 0;
        state.Kind = register switch { 7 => UnwindKind.StackPointer, 6 => UnwindKind.FramePointer, _ => UnwindKind.Unknown };
    }

    private static void CfaExpression(ref State state, ReadOnlySpan<byte> code)
    {
        state.Kind = UnwindKind.Unknown;
        if (code is [0x77, 8, 0x80, 0, 0x3f, 0x1a, >= 0x30 and <= 0x4f, 0x2a, 0x33, 0x24, 0x22])
        {
            state.Kind = UnwindKind.LinkageTable;
            state.Offset = 8;
            state.At = code[6] - 0x30;
            return;
        }

        if (code.Length < 3 || code[0] is not (0x76 or 0x77)) return;
        long at = 0;
        int i = 1, shift = 0;
        byte b;
        do
        {
            b = code[i++];
            at |= (long)(b & 127) << shift;
            shift += 7;
        }
        while ((b & 128) != 0 && i < code.Length && shift < 28);
        if ((b & 64) != 0) at |= -1L << shift;
        if (i >= code.Length || code[i++] != 6) return;
        ReadOnlySpan<byte> rest = code[i..];
        if (rest is []) state.Offset = 0;
        else if (rest is [0x23, < 128]) state.Offset = rest[1];
        else return;
        state.At = at;
        state.Kind = code[0] == 0x77 ? UnwindKind.AtStackPointer : UnwindKind.AtFramePointer;
    }

    private ulong U16() { ulong v = BinaryPrimitives.ReadUInt16LittleEndian(_data.AsSpan(_at)); _at += 2; return v; }

    private ulong U32() { ulong v = BinaryPrimitives.ReadUInt32LittleEndian(_data.AsSpan(_at)); _at += 4; return v; }

    private ulong U64() { ulong v = BinaryPrimitives.ReadUInt64LittleEndian(_data.AsSpan(_at)); _at += 8; return v; }

    private long Uleb()
    {
        long value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = _data[_at++];
            value |= (long)(b & 127) << shift;
            if (b < 128) return value;
        }
    }

    private long Sleb()
    {
        long value = 0;
        for (int shift = 0; ;)
        {
            byte b = _data[_at++];
            value |= (long)(b & 127) << shift;
            shift += 7;
            if (b < 128) return shift < 64 && (b & 64) != 0 ? value | (-1L << shift) : value;
        }
    }
}
