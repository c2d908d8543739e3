using Emleak.Elf;
using static Emleak.Symbols.Unwind.CallFrameInstruction;

namespace Emleak.Symbols.Unwind;

/// <summary>Runs the call-frame instructions of one function, or of a common entry (DWARF 5, 6.4.2).</summary>
internal ref struct CallFrameProgram
{
    // Compilers nest none; assembly written by hand a few.
    private const int MostRemembered = 64;

    private readonly UnwindRegisters _registers;
    private readonly FrameFormat _format;
    private readonly CommonEntry _common;
    private readonly UnwindRowBuilder? _rows;
    private readonly CallFrameState[] _remembered;
    private readonly ulong _end;
    private ByteReader _reader;
    private ulong _location;
    private int _rememberedCount;

    /// <param name="instructions">The instructions.</param>
    /// <param name="format">Where they are, and how addresses are written there.</param>
    /// <param name="common">What the functions share. For a common entry itself: its own, so far.</param>
    /// <param name="remembered">Room for remembered states, used again from function to function.</param>
    /// <param name="rows">Takes the rows; null for a common entry.</param>
    /// <param name="start">First address of the function.</param>
    /// <param name="end">First address after it.</param>
    public CallFrameProgram(
        ByteReader instructions, in FrameFormat format, CommonEntry common, CallFrameState[] remembered, UnwindRowBuilder? rows, ulong start, ulong end)
    {
        _reader = instructions;
        _format = format;
        _registers = format.Registers;
        _common = common;
        _remembered = remembered;
        _rows = rows;
        _location = start;
        _end = end;
        State = common.InitialState;
    }

    /// <summary>What holds now.</summary>
    public CallFrameState State;

    /// <summary>The address up to which everything is said.</summary>
    public readonly ulong Location => _location;

    /// <summary>Room for remembered states.</summary>
    public static CallFrameState[] MakeRoom() => new CallFrameState[MostRemembered];

    /// <summary>Runs all instructions, and makes the rows up to the function's end.</summary>
    /// <exception cref="MalformedDataException">They make no sense.</exception>
    public void Run()
    {
        while (_reader.Remaining > 0 && _location < _end)
        {
            byte opcode = _reader.ReadU8();
            int operand = opcode & 0x3f;
            switch ((CallFrameInstruction)(opcode & 0xc0))
            {
                case AdvanceLoc:
                    Advance((ulong)operand);
                    break;
                case Offset:
                    SaveAt((uint)operand, UnsignedOffset());
                    break;
                case Restore:
                    RestoreInitial((uint)operand);
                    break;
                default:
                    Execute((CallFrameInstruction)opcode);
                    break;
            }
        }

        AddRow();
    }

    private void Execute(CallFrameInstruction instruction)
    {
        switch (instruction)
        {
            case Nop or Aarch64NegateRaState or Aarch64NegateRaStateWithPc:
                break;
            case SetLoc or AdvanceLoc1 or AdvanceLoc2 or AdvanceLoc4 or MipsAdvanceLoc8:
                MoveOn(instruction);
                break;
            case DefCfa or DefCfaSf or DefCfaRegister or DefCfaOffset or DefCfaOffsetSf or DefCfaExpression:
                DefineCfa(instruction);
                break;
            case RememberState:
                if (_rememberedCount == _remembered.Length) throw Malformed("too many remembered states");
                _remembered[_rememberedCount++] = State;
                break;
            case RestoreState:
                if (_rememberedCount == 0) throw Malformed("no remembered state to restore");
                State = _remembered[--_rememberedCount];
                break;
            case GnuArgsSize:
                _reader.SkipLeb128();
                break;
            default:
                SetRegister(instruction, _reader.ReadUleb128());
                break;
        }
    }

    private void MoveOn(CallFrameInstruction instruction)
    {
        switch (instruction)
        {
            case AdvanceLoc1:
                Advance(_reader.ReadU8());
                break;
            case AdvanceLoc2:
                Advance(_reader.ReadU16());
                break;
            case AdvanceLoc4:
                Advance(_reader.ReadU32());
                break;
            case MipsAdvanceLoc8:
                Advance(_reader.ReadU64());
                break;
            default:
                GoTo(_format.ReadAddress(ref _reader, _common));
                break;
        }
    }

    private void DefineCfa(CallFrameInstruction instruction)
    {
        switch (instruction)
        {
            case DefCfa:
                SetCfaRegister(_reader.ReadUleb128());
                State.Offset = (long)_reader.ReadUleb128();
                break;
            case DefCfaSf:
                SetCfaRegister(_reader.ReadUleb128());
                State.Offset = unchecked(_reader.ReadSleb128() * _common.DataAlignment);
                break;
            case DefCfaRegister:
                SetCfaRegister(_reader.ReadUleb128());
                break;
            case DefCfaOffset:
                State.Offset = (long)_reader.ReadUleb128();
                break;
            case DefCfaOffsetSf:
                State.Offset = unchecked(_reader.ReadSleb128() * _common.DataAlignment);
                break;
            default:
                CfaExpression.Apply(ReadBlock(), _registers, ref State);
                break;
        }
    }

    // Every one of these has the register as its first operand; all have to be read, also of registers that do not matter.
    private void SetRegister(CallFrameInstruction instruction, ulong register)
    {
        switch (instruction)
        {
            case OffsetExtended:
                SaveAt(register, UnsignedOffset());
                break;
            case OffsetExtendedSf:
                SaveAt(register, unchecked(_reader.ReadSleb128() * _common.DataAlignment));
                break;
            case GnuNegativeOffsetExtended:
                SaveAt(register, unchecked(-UnsignedOffset()));
                break;
            case RestoreExtended:
                RestoreInitial(register);
                break;
            case Undefined:
                // An undefined frame pointer is of no use to the caller either; what it holds does no harm.
                if (register == _registers.ReturnAddress) State.IsOutermost = true;
                else KeepInRegister(register);
                break;
            case SameValue:
                KeepInRegister(register);
                break;
            case Register or ValOffset or ValOffsetSf:
                _reader.SkipLeb128();
                Lose(register);
                break;
            case Expression:
                SaveAtExpression(register, ReadBlock());
                break;
            case ValExpression:
                ReadBlock();
                Lose(register);
                break;
            default:
                throw Malformed($"unknown call-frame instruction 0x{(byte)instruction:x2}");
        }
    }

    private void SetCfaRegister(ulong register)
    {
        State.At = 0;
        State.Kind = register == _registers.StackPointer ? UnwindKind.StackPointer
            : register == _registers.FramePointer ? UnwindKind.FramePointer
            : UnwindKind.Unknown;
    }

    private void SaveAt(ulong register, long offset)
    {
        if (register == _registers.FramePointer)
        {
            (State.FramePointer, State.FramePointerIsUnknown, State.FramePointerIsAtItself) = (offset, false, false);
        }
        else if (register == _registers.ReturnAddress)
        {
            (State.ReturnAddress, State.ReturnAddressIsUnknown, State.IsOutermost) = (offset, false, false);
        }
    }

    // A function that aligns its stack saves the frame pointer where it then points to.
    private void SaveAtExpression(ulong register, ReadOnlySpan<byte> expression)
    {
        if (register != _registers.FramePointer || !CfaExpression.IsRegister(expression, _registers.FramePointer))
        {
            Lose(register);
            return;
        }

        SaveAt(register, 0);
        State.FramePointerIsAtItself = true;
    }

    private void KeepInRegister(ulong register) => SaveAt(register, 0);

    private void Lose(ulong register)
    {
        if (register == _registers.FramePointer) State.FramePointerIsUnknown = true;
        else if (register == _registers.ReturnAddress) State.ReturnAddressIsUnknown = true;
    }

    private void RestoreInitial(ulong register)
    {
        CallFrameState initial = _common.InitialState;
        if (register == _registers.FramePointer)
        {
            SaveAt(register, initial.FramePointer);
            (State.FramePointerIsUnknown, State.FramePointerIsAtItself) = (initial.FramePointerIsUnknown, initial.FramePointerIsAtItself);
        }
        else if (register == _registers.ReturnAddress)
        {
            SaveAt(register, initial.ReturnAddress);
            (State.ReturnAddressIsUnknown, State.IsOutermost) = (initial.ReturnAddressIsUnknown, initial.IsOutermost);
        }
    }

    private void Advance(ulong delta)
    {
        ulong distance = delta * _common.CodeAlignment;
        if (distance > _end - _location) distance = _end - _location;
        GoTo(_location + distance);
    }

    private void GoTo(ulong location)
    {
        if (location < _location) throw Malformed("the location goes back");
        if (location == _location) return;
        AddRow();
        _location = location;
    }

    private readonly void AddRow()
    {
        if (_location < _end) _rows?.Add(_location, State.ToRule());
    }

    private long UnsignedOffset() => unchecked((long)_reader.ReadUleb128() * _common.DataAlignment);

    private ReadOnlySpan<byte> ReadBlock()
    {
        ulong length = _reader.ReadUleb128();
        if (length > (ulong)_reader.Remaining) throw Malformed($"an expression of {length} bytes where {_reader.Remaining} are left");
        return _reader.ReadBytes((int)length);
    }

    private readonly MalformedDataException Malformed(string problem) => new(_format.Where, _reader.Position, problem);
}
