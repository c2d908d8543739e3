using System.Diagnostics.CodeAnalysis;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text;
using Emleak.Elf;

namespace Emleak.Symbols.Precompiled;

/// <summary>
/// The methods of a ReadyToRun file by address (dotnet/runtime, docs/design/coreclr/botr/readytorun-format.md). Instances of generic methods and handlers of
/// exceptions are not told apart by what is read here: they have no name.
/// </summary>
internal sealed unsafe class PrecompiledMethods
{
    private const string Where = "ReadyToRun";
    private const uint Signature = 0x00525452;
    private const uint RuntimeFunctions = 102;
    private const uint MethodEntryPoints = 103;
    private const int MaxSections = 64;
    private const int MaxNesting = 16;
    private const int MaxNameBytes = 1 << 12;

    // IMAGE_FILE_MACHINE_AMD64 and what says Linux: only there a function's row has its end.
    private const int X64OnLinux = 0x8664 ^ 0x7b79;

    private readonly PEMemoryBlock _functions;
    private readonly int _functionsSize;
    private readonly bool _hasEnds;
    private readonly Dictionary<uint, int> _methods;
    private readonly MetadataReader _metadata;

    private PrecompiledMethods(PEReader file, (int Address, int Size) functions, int entries)
    {
        _functions = file.GetSectionData(functions.Address);
        _functionsSize = Math.Min(functions.Size, _functions.Length);
        _hasEnds = (int)file.PEHeaders.CoffHeader.Machine == X64OnLinux;
        _metadata = file.GetMetadataReader();
        _methods = ListMethods(file.GetSectionData(entries), _metadata.GetTableRowCount(TableIndex.MethodDef));
    }

    private int RowSize => _hasEnds ? 12 : 8;

    private int Count => _functionsSize / RowSize;

    /// <summary>Null when the file has no code, or none of its own.</summary>
    /// <exception cref="MalformedDataException">The tables are corrupt.</exception>
    /// <exception cref="BadImageFormatException">The file is corrupt.</exception>
    public static PrecompiledMethods? Read(PEReader file)
    {
        if (file.PEHeaders.CorHeader is not { } header || header.ManagedNativeHeaderDirectory.Size == 0) return null;
        ByteReader reader = Open(file.GetSectionData(header.ManagedNativeHeaderDirectory.RelativeVirtualAddress));
        if (reader.ReadU32() != Signature) return null;
        reader.Skip(8);
        uint count = reader.ReadU32();
        if (count > MaxSections) throw new MalformedDataException(Where, reader.Position, $"{count} sections");
        (int Address, int Size) functions = default;
        int entries = 0;
        for (uint i = 0; i < count; i++)
        {
            uint kind = reader.ReadU32();
            (int address, int size) = (reader.ReadI32(), reader.ReadI32());
            if (kind == RuntimeFunctions) functions = (address, size);
            else if (kind == MethodEntryPoints) entries = address;
        }

        return functions.Size > 0 && entries > 0 ? new PrecompiledMethods(file, functions, entries) : null;
    }

    /// <summary>The method that has the code at an address.</summary>
    /// <param name="address">Relative to the start of the image.</param>
    /// <param name="name">Its namespace, type and name.</param>
    /// <param name="begin">Where its code starts.</param>
    /// <exception cref="MalformedDataException">The tables are corrupt.</exception>
    /// <exception cref="BadImageFormatException">The metadata is corrupt.</exception>
    public bool TryFind(uint address, [NotNullWhen(true)] out string? name, out uint begin)
    {
        (name, begin) = (null, 0);
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (BeginOf(middle) <= address) low = middle + 1;
            else high = middle;
        }

        int function = low - 1;
        if (function < 0 || address >= EndOf(function) || !_methods.TryGetValue((uint)function, out int row)) return false;
        begin = BeginOf(function);
        name = NameOf(MetadataTokens.MethodDefinitionHandle(row));
        return true;
    }

    private static ByteReader Open(PEMemoryBlock block) => new(new ReadOnlySpan<byte>(block.Pointer, block.Length), Where);

    /// <summary>The rows of methods by the number of the function that they start with.</summary>
    private static Dictionary<uint, int> ListMethods(PEMemoryBlock block, int rows)
    {
        NativeArray entries = new(new ReadOnlySpan<byte>(block.Pointer, block.Length));
        Dictionary<uint, int> methods = [];
        for (uint i = 0; i < Math.Min(entries.Count, (uint)rows); i++)
        {
            if (!entries.TryOpen(i, out ByteReader entry)) continue;

            // The low bit says that a list of what must be bound first follows; the second one, that it is elsewhere.
            uint value = NativeArray.ReadNumber(ref entry);
            methods.TryAdd((value & 1) != 0 ? value >> 2 : value >> 1, (int)i + 1);
        }

        return methods;
    }

    private uint BeginOf(int function) => ReadField(function, 0);

    private uint EndOf(int function)
    {
        if (_hasEnds) return ReadField(function, 1);
        return function + 1 < Count ? BeginOf(function + 1) : uint.MaxValue;
    }

    private uint ReadField(int function, int field)
    {
        ByteReader reader = Open(_functions);
        reader.Seek((ulong)((function * (long)RowSize) + (field * sizeof(uint))));
        return reader.ReadU32();
    }

    private string NameOf(MethodDefinitionHandle handle)
    {
        MethodDefinition method = _metadata.GetMethodDefinition(handle);
        TypeDefinition type = _metadata.GetTypeDefinition(method.GetDeclaringType());
        string name = TextOf(type.Name);
        for (int i = 0; i < MaxNesting && type.GetDeclaringType() is { IsNil: false } outer; i++)
        {
            type = _metadata.GetTypeDefinition(outer);
            name = $"{TextOf(type.Name)}+{name}";
        }

        string space = TextOf(type.Namespace);
        return $"{(space.Length == 0 ? "" : space + ".")}{name}::{TextOf(method.Name)}";
    }

    /// <summary>A text, cut where no real one is longer: the reader would take a damaged one whole.</summary>
    private string TextOf(StringHandle handle)
    {
        if (handle.IsNil) return "";
        int start = _metadata.GetHeapMetadataOffset(HeapIndex.String) + _metadata.GetHeapOffset(handle);
        if (start < 0 || start >= _metadata.MetadataLength) throw new MalformedDataException(Where, start, "a name outside the metadata");
        ReadOnlySpan<byte> rest = new(_metadata.MetadataPointer + start, Math.Min(_metadata.MetadataLength - start, MaxNameBytes));
        int length = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(length < 0 ? rest : rest[..length]);
    }
}
