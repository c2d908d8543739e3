using Emleak.Elf;

namespace Emleak.Symbols.Dwarf.Lines;

/// <summary>Runs a line program (DWARF 5, section 6.2.5).</summary>
internal ref struct LineProgram
{
    private const string Where = ".debug_line";

    private readonly LineHeader _header;
    private readonly LineTableBuilder _table;
    private ByteReader _reader;
    private ulong _address;
    private uint _operation;
    private uint _file;
    private uint _line;
    private uint _column;

    private LineProgram(LineHeader header, DwarfSections sections, LineTableBuilder table)
    {
        _header = header;
        _table = table;
        _reader = sections.Read(sections.Lines[..header.ProgramEnd], Where);
        _reader.Position = header.ProgramStart;
        Reset();
    }

    private enum Standard : byte
    {
        Extended = 0,
        Copy = 1,
        AdvanceAddress = 2,
        AdvanceLine = 3,
        SetFile = 4,
        SetColumn = 5,
        NegateStatement = 6,
        SetBasicBlock = 7,
        AdvanceByConstant = 8,
        AdvanceByFixed = 9,
        SetPrologueEnd = 10,
        SetEpilogueBegin = 11,
        SetInstructionSet = 12,
    }

    private enum Extended : byte
    {
        EndSequence = 1,
        SetAddress = 2,
    }

    /// <summary>Makes the table of a unit.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="offset">Where its program is in <c>.debug_line</c>.</param>
    /// <param name="table">Gathers the rows; what it has is forgotten.</param>
    /// <exception cref="MalformedDataException">The program is corrupt.</exception>
    public static LineTable Run(Unit unit, ulong offset, LineTableBuilder table)
    {
        LineHeader header = LineHeaderReader.Read(unit, offset);
        table.Clear(Math.Max(0, header.ProgramEnd - header.ProgramStart));
        LineProgram program = new(header, unit.Sections, table);
        while (program._reader.Remaining > 0) program.Step();
        return program._table.Build(header.Files);
    }

    private void Reset()
    {
        _address = 0;
        _operation = 0;
        _file = 1;
        _line = 1;
        _column = 0;
    }

    private void Step()
    {
        byte opcode = _reader.ReadU8();
        if (opcode >= _header.OpcodeBase)
        {
            uint adjusted = (uint)(opcode - _header.OpcodeBase);
            (uint operations, uint lines) = Divide(adjusted);
            Advance(operations);
            _line = unchecked(_line + (uint)_header.LineBase + lines);
            AddRow();
        }
        else if (opcode == (byte)Standard.Extended)
        {
            RunExtended();
        }
        else
        {
            RunStandard((Standard)opcode);
        }
    }

    private void RunStandard(Standard opcode)
    {
        switch (opcode)
        {
            case Standard.Copy:
                AddRow();
                break;
            case Standard.AdvanceAddress:
                Advance(_reader.ReadUleb128());
                break;
            case Standard.AdvanceLine:
                _line = unchecked(_line + (uint)_reader.ReadSleb128());
                break;
            case Standard.SetFile:
                _file = (uint)Math.Min(_reader.ReadUleb128(), uint.MaxValue);
                break;
            case Standard.SetColumn:
                _column = (uint)Math.Min(_reader.ReadUleb128(), uint.MaxValue);
                break;
            case Standard.AdvanceByConstant:
                Advance(Divide((uint)(byte.MaxValue - _header.OpcodeBase)).Operations);
                break;
            case Standard.AdvanceByFixed:
                _address = unchecked(_address + _reader.ReadU16());
                _operation = 0;
                break;
            default:
                // The header says how many arguments an opcode has, so that unknown ones can be passed over.
                for (int left = _header.ArgumentCounts[(int)opcode - 1]; left > 0; left--) _reader.SkipLeb128();
                break;
        }
    }

    private void RunExtended()
    {
        int start = _reader.Position;
        ulong length = _reader.ReadUleb128();
        if (length > (ulong)_reader.Remaining) throw new MalformedDataException(Where, start, $"an opcode of {length} bytes");
        if (length == 0) return;
        int end = _reader.Position + (int)length;
        switch ((Extended)_reader.ReadU8())
        {
            case Extended.EndSequence:
                _table.EndSequence(_address);
                Reset();
                break;
            case Extended.SetAddress:
                _address = ReadAddress((int)length - 1);
                _operation = 0;
                break;
        }

        _reader.Position = end;
    }

    private ulong ReadAddress(int size)
    {
        // The opcode's length tells the size better than a header from before version 5, which has it from the unit.
        if (!UnitFormat.IsAddressSize((byte)Math.Min(size, byte.MaxValue))) return 0;
        return (_header.Format with { AddressSize = (byte)size }).ReadAddress(ref _reader);
    }

    /// <summary>Splits an opcode into steps of the operation and of the line.</summary>
    private readonly (uint Operations, uint Lines) Divide(uint adjusted) =>
        _header.LineRange == 0 ? (0, 0) : (adjusted / _header.LineRange, adjusted % _header.LineRange);

    private void Advance(ulong operations)
    {
        ulong total = operations;
        if (_header.MaxOperations > 1)
        {
            total = unchecked(operations + _operation);
            _operation = (uint)(total % _header.MaxOperations);
            total /= _header.MaxOperations;
        }

        _address = unchecked(_address + (total * _header.MinInstructionLength));
    }

    private readonly void AddRow() => _table.Add(_address, _file, _line, _column);
}
