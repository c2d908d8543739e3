using System.Runtime.CompilerServices;

namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>
/// Reads a name mangled by the Itanium C++ ABI (https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling) into nodes.
/// The grammar needs no backtracking, so time and memory are linear in the length of the name; depth is limited.
/// Every Parse method gives the number of a node, 0 when the name is malformed. The parts of the class follow the
/// grammar: encodings, names, unresolved names, types, templates, expressions, literals.
/// </summary>
internal sealed partial class Parser(NodeArena arena)
{
    /// <summary>Longer names are refused: positions and lengths are stored in 16 bits each.</summary>
    public const int MaxLength = ushort.MaxValue - LookaheadBytes;

    /// <summary>
    /// How deep the grammar's rules may nest. One level of template arguments takes about three; the stack needed for all
    /// of them stays below half a megabyte.
    /// </summary>
    private const int MaxDepth = 768;

    /// <summary>Zeros kept behind the name so that looking ahead needs no check.</summary>
    private const int LookaheadBytes = 4;

    private byte[] _input = new byte[1024];
    private int _position;
    private int _end;
    private int _depth;

    private readonly NumberStack _pending = new();
    private readonly NumberStack _substitutions = new();

    /// <summary>The mangled name, which texts of nodes point into.</summary>
    public byte[] Input => _input;

    /// <summary>Gives the root node of a name that starts with one to four underscores and a Z, or 0.</summary>
    public int Parse(ReadOnlySpan<byte> mangled)
    {
        if (mangled.Length > MaxLength) return 0;
        Reset(mangled);
        int underscores = 0;
        while (Take('_')) underscores++;
        if (underscores is < 1 or > 4 || !Take('Z')) return 0;
        int root = ParseEncoding();
        if (root == 0) return 0;
        return underscores <= 2 ? ParseCloneSuffix(root) : ParseBlockInvocation(root);
    }

    private void Reset(ReadOnlySpan<byte> mangled)
    {
        if (_input.Length < mangled.Length + LookaheadBytes) _input = new byte[mangled.Length * 2 + LookaheadBytes];
        mangled.CopyTo(_input);
        _input.AsSpan(mangled.Length, LookaheadBytes).Clear();
        _position = 0;
        _end = mangled.Length;
        _depth = 0;
        _pending.Clear();
        _substitutions.Clear();
        ResetTemplates();
        arena.Clear();
    }

    // Optimizers append what they did: "_ZN1a1bEv.part.0.cold".
    private int ParseCloneSuffix(int root)
    {
        if (Peek() == '.')
        {
            root = arena.Add(NodeKind.CloneSuffix, root, TextFrom(_position, _end));
            _position = _end;
        }

        return _position == _end ? root : 0;
    }

    // "___Z <encoding> _block_invoke [_] [number] [.suffix]": the body of a block, clang's extension.
    private int ParseBlockInvocation(int root)
    {
        if (!Take("_block_invoke"u8)) return 0;
        bool needsNumber = Take('_');
        if (ParseNumber() == 0 && needsNumber) return 0;
        if (Peek() == '.') _position = _end;
        return _position == _end ? arena.Add(NodeKind.SpecialName, Words.BlockInvocation, root) : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte Peek() => _input[_position];

    private byte Peek(int ahead) => _input[_position + ahead];

    private bool IsAtEnd => _position == _end;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Take(char expected)
    {
        if (_input[_position] != expected) return false;
        _position++;
        return true;
    }

    private bool Take(char first, char second)
    {
        if (_input[_position] != first || _input[_position + 1] != second) return false;
        _position += 2;
        return true;
    }

    private bool Take(ReadOnlySpan<byte> expected)
    {
        if (!_input.AsSpan(_position, _end - _position).StartsWith(expected)) return false;
        _position += expected.Length;
        return true;
    }

    /// <summary>Gives <paramref name="node"/> if the letter follows it, 0 otherwise.</summary>
    private int Closed(int node, char closing) => node != 0 && Take(closing) ? node : 0;

    private static bool IsDigit(byte letter) => letter is >= (byte)'0' and <= (byte)'9';

    private static int TextFrom(int start, int end) => start << 16 | (end - start);

    /// <summary>The text of a number, 0 when there is none.</summary>
    private int ParseNumber(bool allowNegative = false)
    {
        int start = _position;
        if (allowNegative) Take('n');
        if (!IsDigit(Peek())) return 0;
        while (IsDigit(Peek())) _position++;
        return TextFrom(start, _position);
    }

    /// <summary>A number for counting, negative when there is none; a huge one is cut to a value that nothing can have.</summary>
    private int ParseCount()
    {
        if (!IsDigit(Peek())) return -1;
        int value = 0;
        for (; IsDigit(Peek()); _position++) value = Math.Min(value * 10 + (Peek() - '0'), MaxLength);
        return value;
    }

    /// <summary>Length and as many bytes; gives their text, 0 when malformed.</summary>
    private int ParseBareSourceName()
    {
        int length = ParseCount();
        if (length <= 0 || length > _end - _position) return 0;
        int text = TextFrom(_position, _position + length);
        _position += length;
        return text;
    }

    private ReadOnlySpan<byte> TextOf(int text) => _input.AsSpan(text >>> 16, text & 0xFFFF);

    private int PopList(int from)
    {
        int list = arena.AddList(_pending.From(from));
        _pending.Truncate(from);
        return list;
    }

    private int Substitutable(int node)
    {
        if (node != 0) _substitutions.Push(node);
        return node;
    }

    private bool TryEnter()
    {
        if (_depth >= MaxDepth) return false;
        _depth++;
        return true;
    }

    private int Leave(int node)
    {
        _depth--;
        return node;
    }
}
