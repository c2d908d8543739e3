using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Object;
using Emleak.Elf;

namespace Emleak.BpfLoader.Tests.Object;

/// <summary>Damaged files: an object or one exception, whatever the damage, and soon.</summary>
public sealed class CorruptionTests
{
    private const int Seed = 20240;
    private const int Cases = 4000;
    private static readonly BtfTypes Kernel = BpfObject.Parse(Core.CoreFixture.TargetBytes).Btf!;

    [Fact]
    public void Truncated_anywhere_an_object_is_refused_or_read()
    {
        byte[] bytes = Fixture.Bytes;
        for (int length = 0; length < bytes.Length; length += 7) Use(bytes.AsMemory(0, length));
    }

    [Fact]
    public void With_bytes_changed_an_object_is_refused_or_read() => Sweep(Fixture.Bytes);

    [Fact]
    public void With_bytes_changed_core_relocations_are_refused_or_carried_out() => Sweep(Core.CoreFixture.ProgramBytes);

    [Fact]
    public void With_words_changed_types_are_refused_or_read()
    {
        byte[] original = Fixture.Parse().Btf!.Data.ToArray();
        Random random = new(Seed);
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = [.. original];
            Damage(bytes, random);
            ReadAll(bytes);
        }

        for (int length = 0; length < original.Length; length++) ReadAll(original.AsMemory(0, length));
    }

    [Fact]
    public void A_file_without_end_is_refused()
    {
        MalformedDataException endless = Assert.Throws<MalformedDataException>(() => BpfObject.Open("/dev/zero"));
        Assert.Contains("MiB", endless.Message, StringComparison.Ordinal);
    }

    private static void Sweep(byte[] original)
    {
        Random random = new(Seed);
        int accepted = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = [.. original];
            Damage(bytes, random);
            if (Use(bytes)) accepted++;
        }

        // A sweep in which all were refused, or none, would not have tested much.
        Assert.InRange(accepted, Cases / 20, Cases - (Cases / 20));
    }

    private static void Damage(byte[] bytes, Random random)
    {
        int changes = random.Next(1, 6);
        for (int i = 0; i < changes; i++)
        {
            int at = random.Next(bytes.Length);
            bytes[at] = random.Next(4) switch
            {
                0 => 0,
                1 => 0xff,
                2 => (byte)(bytes[at] ^ (1 << random.Next(8))),
                _ => (byte)random.Next(256),
            };
        }
    }

    private static bool Use(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            BpfObject parsed = BpfObject.Parse(bytes);
            foreach (ProgramSpec program in parsed.Programs.Values)
            {
                parsed.FindSourceLine(program, program.Instructions.Length - 1);
                if (parsed.Btf is not null) new CoreRelocator(parsed.Btf, [Kernel]).Apply(program);
            }

            return true;
        }
        catch (Exception problem) when (problem is MalformedDataException or CoreRelocationException)
        {
            return false;
        }
    }

    private static void ReadAll(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            BtfTypes types = BtfTypes.Parse(bytes);
            for (uint id = 0; id < types.Count; id++)
            {
                BtfType type = types[new BtfTypeId(id)];
                types.TryFind(types.GetString(type.NameOffset), type.Kind, out _);
                if (types.TryGetSize(type.Id, out _)) types.AlignmentOf(type.Id);
            }
        }
        catch (MalformedDataException)
        {
        }
    }
}
