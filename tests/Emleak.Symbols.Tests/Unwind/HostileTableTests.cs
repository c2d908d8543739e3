using System.Buffers.Binary;
using Emleak.Elf;
using Emleak.Elf.Tests;
using Emleak.Symbols.Unwind;

namespace Emleak.Symbols.Tests.Unwind;

/// <summary>Damaged call-frame information loses frames, and nothing else.</summary>
public sealed class HostileTableTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void One_damaged_function_leaves_the_others_alone()
    {
        byte[] file = Build();
        UnwindTable whole = Read(file);
        (int start, int size) = Section(file);
        List<int> functions = Functions(file, start, size);
        Assert.True(functions.Count > 5);

        // An instruction that there is not, where the last function's begin.
        int damaged = functions[^1];
        file[start + damaged + 17] = 0x3f;
        UnwindTable rest = Read(file);
        Assert.Equal(1, rest.DamagedEntries);
        ulong address = AddressOf(file, start, damaged);
        Assert.Equal(UnwindKind.None, rest.Find(address).Kind);
        int same = whole.Rows.ToArray().Count(row => whole.Find(whole.Start + row.Offset) == rest.Find(whole.Start + row.Offset));
        Assert.InRange(same, whole.Rows.Length - 8, whole.Rows.Length);
    }

    [Fact]
    public void A_function_that_says_it_is_its_own_common_entry_is_left_out()
    {
        byte[] file = Build();
        (int start, int size) = Section(file);
        int function = Functions(file, start, size)[0];
        // Back from the pointer's own place: to the function's start.
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(start + function + 4), 4);
        Assert.Equal(1, Read(file).DamagedEntries);
    }

    [Fact]
    public void Functions_that_overlap_are_counted_and_do_not_mix()
    {
        byte[] file = Build();
        (int start, int size) = Section(file);
        List<int> functions = Functions(file, start, size);
        // The first function now claims everything that comes after it.
        ulong address = AddressOf(file, start, functions[0]);
        using ElfImage image = ElfImage.FromMemory(file);
        ElfSegment code = image.Segments.Single(segment => segment.IsLoad && segment.IsExecutable && address - segment.Address < segment.MemorySize);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(start + functions[0] + 12), (uint)(code.Address + code.MemorySize - address));
        UnwindTable table = Read(file);
        Assert.NotEqual(0, table.DamagedEntries);
        AssertAscending(table);
    }

    [Fact]
    public void A_length_that_leads_nowhere_ends_the_reading()
    {
        byte[] file = Build();
        (int start, int size) = Section(file);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(start + Functions(file, start, size)[0]), 0x7fff_fff0);
        Assert.Equal(1, Read(file).DamagedEntries);
    }

    [Fact]
    public void A_file_of_nothing_but_damage_is_given_up()
    {
        byte[] file = Build();
        (int start, int size) = Section(file);
        for (int at = 0; at + 8 <= size; at += 8)
        {
            // Functions four bytes long, of common entries that do not exist.
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(start + at), 4);
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(start + at + 4), 0x7000_0000);
        }

        UnwindTable table = Read(file);
        Assert.True(table.Rows.IsEmpty);
        Assert.Equal(size / 8, table.DamagedEntries);
    }

    [Fact]
    public void Advances_beyond_the_function_end_with_it()
    {
        _workshop.Write("far.s", """
            .globl _start
            _start:
                .cfi_startproc
                nop
                .cfi_escape 0x04, 0xff, 0xff, 0xff, 0xff
                .cfi_def_cfa_offset 64
                .cfi_endproc
            after:
                .cfi_startproc
                nop
                .cfi_endproc
            """);
        _workshop.Run("gcc", "-nostdlib", "-static", "far.s", "-o", "far");
        using ElfImage image = ElfImage.Open(_workshop["far"]);
        UnwindTable table = UnwindTable.Read(image);
        Assert.Equal(0, table.DamagedEntries);
        AssertAscending(table);
        Assert.Equal(8, table.Find(image.EntryPoint).CfaOffset);
        Assert.Equal(8, table.Find(image.EntryPoint + 1).CfaOffset);
        Assert.Equal(UnwindKind.None, table.Find(image.EntryPoint + 2).Kind);
    }

    [Fact]
    public void Remembering_without_end_is_refused()
    {
        string remember = string.Concat(Enumerable.Repeat("    .cfi_remember_state\n", 100));
        _workshop.Write("deep.s", $".globl _start\n_start:\n    .cfi_startproc\n    nop\n{remember}    .cfi_def_cfa_offset 64\n    nop\n    .cfi_endproc\n");
        _workshop.Run("gcc", "-nostdlib", "-static", "deep.s", "-o", "deep");
        Assert.Equal(1, Read(File.ReadAllBytes(_workshop["deep"])).DamagedEntries);
    }

    [Fact]
    public void Common_entries_inside_each_other_are_not_read_for_ever()
    {
        // To the outer ones, the inner ones are expressions for a register.
        _workshop.Write("nested.s", """
            .globl _start
            .text
            _start: .skip 5000, 0x90
            .altmacro
            .macro common number
                .byte 0x16, 3, 13
            common\number: .long last - . - 4
                .long 0
                .byte 1, 0, 1, 0x78, 16
            .endm
            .macro function number
                .long 20
                .long . - common\number
                .quad _start + \number, 1
            .endm
            .section .eh_frame, "a", @progbits
                .long last - . - 4
                .long 0
                .byte 1, 0, 1, 0x78, 16
            .set n, 0
            .rept 4000
                common %n
                .set n, n + 1
            .endr
            last:
            .set n, 0
            .rept 4000
                function %n
                .set n, n + 1
            .endr
            """);
        _workshop.Run("gcc", "-nostdlib", "-static", "nested.s", "-o", "nested");
        UnwindTable table = Read(File.ReadAllBytes(_workshop["nested"]));
        Assert.True(table.DamagedEntries >= 1000, $"{table.DamagedEntries} damaged entries");
    }

    [Fact]
    public void Where_there_is_no_room_for_rows_nothing_is_known()
    {
        const int MoreThanThereIsRoomFor = (1 << 24) + 10;
        UnwindRowBuilder builder = new(0x1000, 1);
        UnwindRule[] rules = [new(8, 0, 0, -1, UnwindKind.StackPointer), new(16, 0, 0, -1, UnwindKind.StackPointer)];
        for (int i = 0; i < MoreThanThereIsRoomFor; i++) builder.Add(0x1000 + (ulong)i, rules[i % 2]);
        Assert.False(builder.HasRoomFor(0x1000 + MoreThanThereIsRoomFor));
        UnwindTable table = builder.Build(0);
        Assert.Equal(rules[1], table.Find(0x1001));
        Assert.Equal(UnwindKind.None, table.Find(0x1000 + MoreThanThereIsRoomFor).Kind);
    }

    [Fact]
    public void Rules_without_end_become_unknown()
    {
        UnwindRowBuilder builder = new(0, 1);
        for (int i = 1; i < 100_000; i++) builder.Add((ulong)i, new UnwindRule(i, 0, 0, -1, UnwindKind.StackPointer));
        UnwindTable table = builder.Build(0);
        Assert.Equal(5, table.Find(5).CfaOffset);
        Assert.Equal(UnwindKind.Unknown, table.Find(99_999).Kind);
        Assert.InRange(table.Rules.Length, 1000, 1 << 14);
    }

    private static void AssertAscending(UnwindTable table)
    {
        for (int i = 1; i < table.Rows.Length; i++) Assert.True(table.Rows[i].Offset > table.Rows[i - 1].Offset);
    }

    private static UnwindTable Read(byte[] file)
    {
        using ElfImage image = ElfImage.FromMemory(file);
        return UnwindTable.Read(image);
    }

    private byte[] Build()
    {
        _workshop.Write("frames.c", Sources.Freestanding);
        _workshop.Run("gcc", "-O2", "-w", "-nostdlib", "-static", "-fasynchronous-unwind-tables", "frames.c", "-o", "frames");
        return File.ReadAllBytes(_workshop["frames"]);
    }

    private static (int Start, int Size) Section(byte[] file)
    {
        using ElfImage image = ElfImage.FromMemory(file);
        ElfSection section = image.FindSection(".eh_frame")!;
        return ((int)section.FileOffset, (int)section.Size);
    }

    private static List<int> Functions(byte[] file, int start, int size)
    {
        List<int> functions = [];
        for (int at = 0; at + 8 <= size;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(start + at));
            if (length == 0) break;
            if (BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(start + at + 4)) != 0) functions.Add(at);
            at += length + 4;
        }

        return functions;
    }

    // DW_EH_PE_pcrel | DW_EH_PE_sdata4, as gcc writes it.
    private static ulong AddressOf(byte[] file, int start, int function)
    {
        using ElfImage image = ElfImage.FromMemory(file);
        ulong place = image.FindSection(".eh_frame")!.Address + (ulong)function + 8;
        return unchecked(place + (ulong)BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(start + function + 8)));
    }
}
