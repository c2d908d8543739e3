namespace Emleak.Symbols.Demangling.Rust;

/// <summary>
/// Demangles Rust's "v0" names (https://doc.rust-lang.org/rustc/symbol-mangling/v0.html). The grammar is written out while it
/// is read: what is not wanted is read with output switched off. Back references jump to what was read before, which can
/// repeat without end: depth, steps and output are limited. One instance serves one thread.
/// </summary>
internal sealed partial class RustDemangler(OutputText output)
{
    private const int MaxDepth = 500;

    /// <summary>How many paths, types and constants may be read, repeated ones counted each time.</summary>
    private const int MaxSteps = 500_000;

    private byte[] _input = new byte[1024];
    private int _position;
    private int _end;
    private int _depth;
    private int _steps;
    private bool _isShort;
    private bool _isSilent;
    private bool _hasFailed;
    private ulong _boundLifetimes;

    /// <summary>Writes the name to the output; false when it is malformed or too large.</summary>
    /// <param name="mangled">A name that begins with "_R".</param>
    /// <param name="style">How much of it is wanted.</param>
    public bool TryDemangle(ReadOnlySpan<byte> mangled, DemangleStyle style)
    {
        ReadOnlySpan<byte> name = mangled[2..];
        int dot = name.IndexOf((byte)'.');
        Reset(dot < 0 ? name : name[..dot], style);
        ReadPath(inType: false);
        if (_position != _end) // The crate that instantiated a generic function.
        {
            _isSilent = true;
            ReadPath(inType: false);
            _isSilent = false;
        }

        if (dot >= 0 && !_isShort)
        {
            Write(" ("u8);
            Write(name[dot..]);
            Write(')');
        }

        return !_hasFailed && _position == _end && !output.Overflowed;
    }

    private void Reset(ReadOnlySpan<byte> name, DemangleStyle style)
    {
        if (_input.Length < name.Length) _input = new byte[name.Length * 2];
        name.CopyTo(_input);
        _end = name.Length;
        _position = 0;
        _depth = 0;
        _steps = 0;
        _isShort = style == DemangleStyle.Short;
        _isSilent = false;
        _hasFailed = false;
        _boundLifetimes = 0;
    }

    private bool TryEnter()
    {
        if (_hasFailed || _depth >= MaxDepth || ++_steps > MaxSteps || output.Overflowed)
        {
            _hasFailed = true;
            return false;
        }

        _depth++;
        return true;
    }

    /// <summary>Reads a path; gives whether its generic arguments were left open for more to be written.</summary>
    private bool ReadPath(bool inType, bool leaveOpen = false)
    {
        if (!TryEnter()) return false;
        bool isOpen = false;
        switch ((char)Next())
        {
            case 'C': // Crate.
                ReadOptionalBase62('s');
                WriteIdentifier(ReadIdentifier());
                break;
            case 'M': // Inherent implementation: where it is, and of which type.
                ReadImplementationPath(inType);
                Write('<');
                ReadType();
                Write('>');
                break;
            case 'X': // Trait implementation: where it is, of which type, of which trait.
                ReadImplementationPath(inType);
                ReadTypeAsTrait();
                break;
            case 'Y': // A trait's own definition.
                ReadTypeAsTrait();
                break;
            case 'N':
                ReadNested(inType);
                break;
            case 'I':
                isOpen = ReadGenericPath(inType, leaveOpen);
                break;
            case 'B':
                if (!TryFollowReference(out int resume)) break;
                isOpen = ReadPath(inType, leaveOpen);
                _position = resume;
                break;
            default:
                _hasFailed = true;
                break;
        }

        _depth--;
        return isOpen;
    }

    private void ReadImplementationPath(bool inType)
    {
        bool outer = _isSilent;
        _isSilent = true;
        ReadOptionalBase62('s');
        ReadPath(inType);
        _isSilent = outer;
    }

    private void ReadTypeAsTrait()
    {
        Write('<');
        ReadType();
        Write(" as "u8);
        ReadPath(inType: true);
        Write('>');
    }

    // Upper case name spaces are shown with the number that tells homonyms apart: "{closure#0}".
    private void ReadNested(bool inType)
    {
        byte space = Next();
        if (!char.IsAsciiLetter((char)space)) _hasFailed = true;
        ReadPath(inType);
        ulong disambiguator = ReadOptionalBase62('s');
        RustIdentifier name = ReadIdentifier();
        if (char.IsAsciiLetterUpper((char)space))
        {
            Write("::{"u8);
            WriteSpecialSpace(space);
            if (name.Length != 0)
            {
                Write(':');
                WriteIdentifier(name);
            }

            Write('#');
            WriteNumber(disambiguator);
            Write('}');
        }
        else if (name.Length != 0)
        {
            Write("::"u8);
            WriteIdentifier(name);
        }
    }

    private void WriteSpecialSpace(byte space)
    {
        if (space == 'C') Write("closure"u8);
        else if (space == 'S') Write("shim"u8);
        else Write((char)space);
    }

    private bool ReadGenericPath(bool inType, bool leaveOpen)
    {
        ReadPath(inType);
        bool outer = _isSilent;
        _isSilent |= _isShort;
        if (!inType) Write("::"u8);
        Write('<');
        ReadSeparated(", "u8, static self => self.ReadGenericArgument());
        bool isOpen = leaveOpen && !_isShort;
        if (!isOpen) Write('>');
        _isSilent = outer;
        return isOpen;
    }

    private void ReadGenericArgument()
    {
        if (Take('L')) WriteLifetime(ReadBase62());
        else if (Take('K')) ReadConstant();
        else ReadType();
    }

    /// <summary>Reads elements until "E"; gives how many there were.</summary>
    private int ReadSeparated(ReadOnlySpan<byte> separator, Action<RustDemangler> readElement)
    {
        int count = 0;
        for (; !_hasFailed && !Take('E'); count++)
        {
            if (count > 0) Write(separator);
            readElement(this);
        }

        return count;
    }

    /// <summary>
    /// Reads a back reference and goes where it points; false when there is nothing to read there. The caller comes back to
    /// <paramref name="resume"/>.
    /// </summary>
    private bool TryFollowReference(out int resume)
    {
        ulong target = ReadBase62();
        resume = _position;
        if (target >= (ulong)_position) _hasFailed = true;
        if (_hasFailed || _isSilent) return false;
        _position = (int)target;
        return true;
    }
}
