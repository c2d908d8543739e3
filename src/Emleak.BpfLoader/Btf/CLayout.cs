namespace Emleak.BpfLoader.Btf;

/// <summary>Where a C compiler would put the members of a structure, and what makes it put them where they are.</summary>
internal sealed class CLayout
{
    private const uint Byte = 8;

    private readonly BtfTypes _types;
    private readonly BtfType _type;
    private readonly bool _isPacked;
    private uint _largest = 1;
    private ulong _end;

    public CLayout(BtfTypes types, in BtfType type)
    {
        _types = types;
        _type = type;
        _isPacked = types.AlignmentOf(type.Id) == 1 && HasWideMember();
    }

    /// <summary>What stands behind the closing brace.</summary>
    public string Attribute => _isPacked ? " __attribute__((packed))" : "";

    /// <summary>Members without name that fill the room before a member.</summary>
    public IEnumerable<string> GapBefore(BtfMember member)
    {
        if (_type.Kind == BtfKind.Union || Natural(member) == member.BitOffset) return [];
        return Fill(member.BitOffset);
    }

    public void Add(in BtfMember member)
    {
        ulong bits = member.BitSize != 0 ? (uint)member.BitSize : _types.SizeOf(member.Type) * (ulong)Byte;
        _end = _type.Kind == BtfKind.Union ? 0 : member.BitOffset + bits;
        if (!_isPacked) _largest = Math.Max(_largest, (uint)_types.AlignmentOf(member.Type));
    }

    /// <summary>Members without name that fill the room before the end.</summary>
    public IEnumerable<string> GapAtEnd()
    {
        ulong whole = _largest * (ulong)Byte;
        ulong end = _type.Size * (ulong)Byte;
        bool isNatural = _type.Kind == BtfKind.Union || (_end + whole - 1) / whole * whole == end;
        return isNatural ? [] : Fill(end);
    }

    private ulong Natural(in BtfMember member)
    {
        ulong alignment = _isPacked ? Byte : (ulong)_types.AlignmentOf(member.Type) * Byte;
        if (member.BitSize == 0) return (_end + alignment - 1) / alignment * alignment;
        // A bit field starts at the next bit, unless it would lie across a boundary of its type.
        ulong unit = Math.Max(_types.SizeOf(member.Type), 1) * (ulong)Byte;
        return _isPacked || (_end / unit) == ((_end + (uint)member.BitSize - 1) / unit) ? _end : (_end + unit - 1) / unit * unit;
    }

    private IEnumerable<string> Fill(ulong to)
    {
        while (_end < to)
        {
            ulong bits = Math.Min(to - _end, Byte - (_end % Byte));
            ulong bytes = (to - _end) / Byte;
            if (_end % Byte == 0 && bytes > 0)
            {
                yield return $"char __gap_{_end / Byte}[{bytes}]";
                _end += bytes * Byte;
            }
            else
            {
                yield return $"char : {bits}";
                _end += bits;
            }
        }
    }

    private bool HasWideMember()
    {
        for (int i = 0; i < _type.Count; i++)
        {
            BtfMember member = _types.GetMember(_type, i);
            if (member.BitSize != 0 || _types.AlignmentOf(member.Type) > 1) return true;
        }

        return false;
    }
}
