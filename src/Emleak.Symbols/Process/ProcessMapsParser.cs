using System.Buffers.Text;
using System.Text;
using Emleak.Elf;

namespace Emleak.Symbols.Process;

/// <summary>Reads the text of <c>/proc/PID/maps</c>. The only part of it that the target controls is the path.</summary>
internal static class ProcessMapsParser
{
    private const string DeletedMark = " (deleted)";
    private const string Where = "process maps";

    /// <exception cref="MalformedDataException">A line is not a mapping, or the mappings are not in ascending order.</exception>
    public static List<MemoryMapping> Parse(ReadOnlySpan<byte> text)
    {
        List<MemoryMapping> mappings = [];
        int position = 0;
        ulong previousEnd = 0;
        while (position < text.Length)
        {
            ReadOnlySpan<byte> rest = text[position..];
            int length = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = length < 0 ? rest : rest[..length];
            MemoryMapping mapping = new Line(line, position).Read();
            if (mapping.Start < previousEnd) throw new MalformedDataException(Where, position, "mappings overlap");
            previousEnd = mapping.End;
            mappings.Add(mapping);
            position += line.Length + 1;
        }

        return mappings;
    }

    /// <summary>
    /// Turns the kernel's octal escape of a newline back. It is the only character that the kernel escapes; a path that
    /// really contains a backslash and "012" cannot be told apart.
    /// </summary>
    private static string DecodePath(ReadOnlySpan<byte> path)
    {
        string text = Encoding.UTF8.GetString(path);
        return text.Contains('\\', StringComparison.Ordinal) ? text.Replace("\\012", "\n", StringComparison.Ordinal) : text;
    }

    private ref struct Line(ReadOnlySpan<byte> line, int position)
    {
        private readonly ReadOnlySpan<byte> _line = line;
        private ReadOnlySpan<byte> _rest = line;

        public MemoryMapping Read()
        {
            ulong start = Hex((byte)'-');
            ulong end = Hex((byte)' ');
            ReadOnlySpan<byte> permissions = Field((byte)' ');
            ulong offset = Hex((byte)' ');
            ulong major = Hex((byte)':');
            ulong minor = Hex((byte)' ');
            ulong inode = Decimal();
            if (end <= start || permissions.Length != 4 || major > uint.MaxValue || minor > uint.MaxValue) throw Malformed();

            FileIdentity file = new((uint)major, (uint)minor, inode);
            string path = DecodePath(_rest.TrimStart((byte)' '));
            bool deleted = inode != 0 && path.EndsWith(DeletedMark, StringComparison.Ordinal);
            if (deleted) path = path[..^DeletedMark.Length];
            return new MemoryMapping(start, end, permissions[2] == (byte)'x', offset, file, path, deleted);
        }

        private ReadOnlySpan<byte> Field(byte separator)
        {
            int length = _rest.IndexOf(separator);
            if (length <= 0) throw Malformed();
            ReadOnlySpan<byte> field = _rest[..length];
            _rest = _rest[(length + 1)..];
            return field;
        }

        private ulong Hex(byte separator)
        {
            ReadOnlySpan<byte> field = Field(separator);
            bool read = Utf8Parser.TryParse(field, out ulong value, out int consumed, 'x');
            return read && consumed == field.Length ? value : throw Malformed();
        }

        private ulong Decimal()
        {
            if (!Utf8Parser.TryParse(_rest, out ulong value, out int consumed)) throw Malformed();
            _rest = _rest[consumed..];
            return _rest.IsEmpty || _rest[0] == (byte)' ' ? value : throw Malformed();
        }

        private readonly MalformedDataException Malformed()
        {
            const int Shown = 80;
            string start = Encoding.UTF8.GetString(_line[..Math.Min(Shown, _line.Length)]);
            return new MalformedDataException(Where, position, $"not a mapping: '{start}'");
        }
    }
}
