namespace Emleak.Symbols.Demangling.Rust;

/// <summary>Types.</summary>
internal sealed partial class RustDemangler
{
    private static ReadOnlySpan<byte> BasicType(byte letter) => (char)letter switch
    {
        'a' => "i8"u8,
        'b' => "bool"u8,
        'c' => "char"u8,
        'd' => "f64"u8,
        'e' => "str"u8,
        'f' => "f32"u8,
        'h' => "u8"u8,
        'i' => "isize"u8,
        'j' => "usize"u8,
        'l' => "i32"u8,
        'm' => "u32"u8,
        'n' => "i128"u8,
        'o' => "u128"u8,
        'p' => "_"u8,
        's' => "i16"u8,
        't' => "u16"u8,
        'u' => "()"u8,
        'v' => "..."u8,
        'x' => "i64"u8,
        'y' => "u64"u8,
        'z' => "!"u8,
        _ => default,
    };

    private void ReadType()
    {
        if (!TryEnter()) return;
        byte letter = Next();
        ReadOnlySpan<byte> basic = BasicType(letter);
        if (basic.IsEmpty) ReadCompoundType(letter);
        else Write(basic);
        _depth--;
    }

    private void ReadCompoundType(byte letter)
    {
        switch ((char)letter)
        {
            case 'A':
                ReadArray();
                break;
            case 'S':
                Write('[');
                ReadType();
                Write(']');
                break;
            case 'T':
                Write('(');
                int count = ReadSeparated(", "u8, static self => self.ReadType());
                Write(count == 1 ? ",)"u8 : ")"u8);
                break;
            case 'R' or 'Q':
                ReadReference(isMutable: letter == 'Q');
                break;
            case 'P':
                Write("*const "u8);
                ReadType();
                break;
            case 'O':
                Write("*mut "u8);
                ReadType();
                break;
            case 'F':
                ReadFunction();
                break;
            case 'D':
                ReadTraitObject();
                break;
            case 'W':
                ReadPatternType();
                break;
            case 'B':
                if (!TryFollowReference(out int resume)) break;
                ReadType();
                _position = resume;
                break;
            default:
                if (!_hasFailed) _position--;
                ReadPath(inType: true);
                break;
        }
    }

    private void ReadArray()
    {
        Write('[');
        ReadType();
        Write("; "u8);
        ReadConstant();
        Write(']');
    }

    private void ReadReference(bool isMutable)
    {
        Write('&');
        if (Take('L') && ReadBase62() is var lifetime and not 0)
        {
            WriteLifetime(lifetime);
            Write(' ');
        }

        if (isMutable) Write("mut "u8);
        ReadType();
    }

    // [G <lifetimes>] [U] [K <abi>] <type>* E <type>
    private void ReadFunction()
    {
        ulong outer = _boundLifetimes;
        ReadBinder();
        if (Take('U')) Write("unsafe "u8);
        if (Take('K')) ReadCallingConvention();
        Write("fn("u8);
        ReadSeparated(", "u8, static self => self.ReadType());
        Write(')');
        if (!Take('u'))
        {
            Write(" -> "u8);
            ReadType();
        }

        _boundLifetimes = outer;
    }

    private void ReadCallingConvention()
    {
        Write("extern \""u8);
        if (Take('C'))
        {
            Write('C');
        }
        else
        {
            RustIdentifier name = ReadIdentifier();
            if (name.IsPunycode) _hasFailed = true;
            foreach (byte letter in TextOf(name)) Write(letter == '_' ? '-' : (char)letter);
        }

        Write("\" "u8);
    }

    // [G <lifetimes>] <trait>* E L <lifetime>
    private void ReadTraitObject()
    {
        ulong outer = _boundLifetimes;
        Write("dyn "u8);
        ReadBinder();
        ReadSeparated(" + "u8, static self => self.ReadBoundTrait());
        _boundLifetimes = outer;
        if (!Take('L'))
        {
            _hasFailed = true;
        }
        else if (ReadBase62() is var lifetime and not 0)
        {
            Write(" + "u8);
            WriteLifetime(lifetime);
        }
    }

    // Associated types stand in the brackets of the generic arguments: "Iterator<Item = u8>".
    private void ReadBoundTrait()
    {
        bool isOpen = ReadPath(inType: true, leaveOpen: true);
        bool outer = _isSilent;
        _isSilent |= _isShort;
        while (!_hasFailed && Take('p'))
        {
            Write(isOpen ? ", "u8 : "<"u8);
            isOpen = true;
            Write(TextOf(ReadIdentifier()));
            Write(" = "u8);
            ReadType();
        }

        if (isOpen) Write('>');
        _isSilent = outer;
    }

    // Each lifetime bound must be used later, by at least one byte: more of them than bytes are a bomb.
    private void ReadBinder()
    {
        ulong count = ReadOptionalBase62('G');
        if (_hasFailed || count == 0) return;
        if (count >= (ulong)_end - _boundLifetimes)
        {
            _hasFailed = true;
            return;
        }

        Write("for<"u8);
        for (ulong i = 0; i < count; i++)
        {
            _boundLifetimes++;
            if (i > 0) Write(", "u8);
            WriteLifetime(1);
        }

        Write("> "u8);
    }

    // 0 is an erased lifetime; others count binders from the inside.
    private void WriteLifetime(ulong index)
    {
        const int Letters = 26;
        if (index == 0)
        {
            Write("'_"u8);
            return;
        }

        if (index > _boundLifetimes)
        {
            _hasFailed = true;
            return;
        }

        ulong depth = _boundLifetimes - index;
        Write('\'');
        Write(depth < Letters ? (char)('a' + (int)depth) : 'z');
        if (depth >= Letters) WriteNumber(depth - Letters + 1);
    }
}
