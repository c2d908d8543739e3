using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>Which kinds of types the running kernel takes, found out by offering it one of each.</summary>
public static class KernelBtfFeatures
{
    private const uint GlobalLinkage = 1;
    private const uint IntegerEncoding = 32;
    private const uint WholeDeclaration = uint.MaxValue;

    private static readonly Lazy<BtfFeatures> Known = new(Probe, LazyThreadSafetyMode.PublicationOnly);

    /// <summary>What the kernel understands; what it does not answer for, lacking permission for example, counts as understood.</summary>
    public static BtfFeatures Default => Known.Value;

    /// <summary>All that no mask hides.</summary>
    internal static BtfFeatures Unmasked
    {
        get
        {
            BtfFeatures known = BtfFeatures.All;
            if (KernelFeatures.ProgramBtf.IsMasked) known &= ~(BtfFeatures.Functions | BtfFeatures.DataSections);
            if (KernelFeatures.GlobalFunctions.IsMasked) known &= ~BtfFeatures.GlobalFunctions;
            return known;
        }
    }

    private static BtfFeatures Probe()
    {
        BtfFeatures known = Unmasked;
        void Try(BtfFeatures feature, Action<BtfWriter, uint> add)
        {
            if (IsRefused(add)) known &= ~feature;
        }

        Try(BtfFeatures.Functions, static (types, integer) =>
        {
            BtfTypeId prototype = types.Add(BtfKind.FunctionPrototype, "", integer);
            types.Add(BtfKind.Function, "f", prototype.Value);
        });
        Try(BtfFeatures.DataSections, static (types, integer) =>
        {
            BtfTypeId variable = types.Add(BtfKind.Variable, "v", integer, rows: [GlobalLinkage]);
            types.Add(BtfKind.DataSection, ".bss", sizeof(int), count: 1, rows: [variable.Value, 0, sizeof(int)]);
        });
        Try(BtfFeatures.GlobalFunctions, static (types, integer) =>
        {
            BtfTypeId prototype = types.Add(BtfKind.FunctionPrototype, "", integer);
            types.Add(BtfKind.Function, "f", prototype.Value, count: (int)GlobalLinkage);
        });
        Try(BtfFeatures.Floats, static (types, _) => types.Add(BtfKind.Float, "float", sizeof(float)));
        Try(BtfFeatures.DeclarationTags, static (types, integer) =>
        {
            BtfTypeId definition = types.Add(BtfKind.Typedef, "t", integer);
            types.Add(BtfKind.DeclarationTag, "tag", definition.Value, rows: [WholeDeclaration]);
        });
        Try(BtfFeatures.TypeTags, static (types, integer) =>
        {
            BtfTypeId tag = types.Add(BtfKind.TypeTag, "tag", integer);
            types.Add(BtfKind.Pointer, "", tag.Value);
        });
        Try(BtfFeatures.Enum64, static (types, _) => types.Add(BtfKind.Enum64, "e", sizeof(ulong)));
        return known;
    }

    private static bool IsRefused(Action<BtfWriter, uint> add)
    {
        BtfWriter types = new();
        add(types, types.Add(BtfKind.Integer, "int", sizeof(int), rows: [IntegerEncoding]).Value);
        Errno errno = BpfSyscall.LoadBtf(types.ToArray(), [], out BpfHandle? handle);
        handle?.Dispose();
        return errno == Errno.Invalid;
    }
}
