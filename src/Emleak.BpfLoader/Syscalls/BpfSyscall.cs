using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>
/// The one place that issues bpf(2): a method for each command. Errors are returned, not thrown: the caller knows what
/// was being done, and which errors are answers.
/// </summary>
/// <remarks>
/// The whole of <see cref="BpfAttr"/> is passed always. A kernel that knows a shorter one accepts it as long as the
/// rest is zero, and says E2BIG otherwise.
/// </remarks>
internal static unsafe partial class BpfSyscall
{
    private static readonly Lock Lifting = new();

    // The verifier gives up with EAGAIN when a signal is pending, and the runtime sends its threads signals.
    private const int MostLoadAttempts = 32;

    public static Errno CreateMap(BpfAttr* attr, out BpfHandle? map) => ChargedDescriptor(BpfCmd.MapCreate, attr, out map);

    public static Errno FreezeMap(BpfHandle map)
    {
        using BpfHandle.Lease lease = map.Borrow();
        BpfAttr attr = default;
        attr.MapFd = lease.Descriptor;
        return Call(BpfCmd.MapFreeze, &attr);
    }

    public static Errno LookupElement(BpfHandle map, void* key, void* value) =>
        Element(BpfCmd.MapLookupElem, map, key, value, flags: 0);

    public static Errno UpdateElement(BpfHandle map, void* key, void* value, ulong flags) =>
        Element(BpfCmd.MapUpdateElem, map, key, value, flags);

    public static Errno DeleteElement(BpfHandle map, void* key) =>
        Element(BpfCmd.MapDeleteElem, map, key, value: null, flags: 0);

    /// <summary>Since kernel 4.20; for hash maps since 5.14.</summary>
    public static Errno LookupAndDeleteElement(BpfHandle map, void* key, void* value) =>
        Element(BpfCmd.MapLookupAndDeleteElem, map, key, value, flags: 0);

    /// <summary>ENOENT after the last key. A null <paramref name="key"/> asks for the first.</summary>
    public static Errno NextKey(BpfHandle map, void* key, void* nextKey) =>
        Element(BpfCmd.MapGetNextKey, map, key, nextKey, flags: 0);

    /// <summary>
    /// Reads, and takes out if asked to, up to <paramref name="count"/> entries after the place that
    /// <paramref name="from"/> remembers (null: the start). ENOENT says that this was the last batch.
    /// </summary>
    public static Errno LookupBatch(
        BpfHandle map, bool delete, void* from, void* next, void* keys, void* values, ref uint count)
    {
        using BpfHandle.Lease lease = map.Borrow();
        BpfAttr attr = default;
        attr.Batch.MapFd = lease.Descriptor;
        attr.Batch.InBatch = (ulong)from;
        attr.Batch.OutBatch = (ulong)next;
        attr.Batch.Keys = (ulong)keys;
        attr.Batch.Values = (ulong)values;
        attr.Batch.Count = count;
        // Not repeated on EINTR here: the kernel has overwritten the count by then.
        Errno errno = CallOnce(delete ? BpfCmd.MapLookupAndDeleteBatch : BpfCmd.MapLookupBatch, &attr, out _);
        count = attr.Batch.Count;
        return errno;
    }

    public static Errno LoadProgram(BpfAttr* attr, out BpfHandle? program)
    {
        Errno errno = ChargedDescriptor(BpfCmd.ProgLoad, attr, out program);
        for (int attempt = 1; errno == Errno.TryAgain && attempt < MostLoadAttempts; attempt++)
            errno = ChargedDescriptor(BpfCmd.ProgLoad, attr, out program);
        return errno;
    }

    /// <summary>Since kernel 4.12; which types of programs can be run depends on the kernel.</summary>
    public static Errno RunProgram(BpfHandle program, BpfAttr* attr)
    {
        using BpfHandle.Lease lease = program.Borrow();
        attr->Test.ProgFd = lease.Descriptor;
        return Call(BpfCmd.ProgTestRun, attr);
    }

    /// <summary>Makes a map one of those that belong to a program. Since kernel 5.10.</summary>
    public static Errno BindMap(BpfHandle program, BpfHandle map)
    {
        using BpfHandle.Lease programLease = program.Borrow();
        using BpfHandle.Lease mapLease = map.Borrow();
        BpfAttr attr = default;
        attr.ProgBindMap.ProgFd = programLease.Descriptor;
        attr.ProgBindMap.MapFd = mapLease.Descriptor;
        return Call(BpfCmd.ProgBindMap, &attr);
    }

    public static Errno LoadBtf(ReadOnlySpan<byte> btf, Span<byte> log, out BpfHandle? handle)
    {
        fixed (byte* data = btf, logBuffer = log)
        {
            BpfAttr attr = default;
            attr.Btf = (ulong)data;
            attr.BtfSize = (uint)btf.Length;
            attr.BtfLogBuf = (ulong)logBuffer;
            attr.BtfLogSize = (uint)log.Length;
            attr.BtfLogLevel = log.IsEmpty ? 0u : 1u;
            return ChargedDescriptor(BpfCmd.BtfLoad, &attr, out handle);
        }
    }

    /// <summary>Since kernel 6.9.</summary>
    public static Errno CreateToken(uint fileSystem, out BpfHandle? token)
    {
        BpfAttr attr = default;
        attr.TokenCreate.BpffsFd = fileSystem;
        return Descriptor(BpfCmd.TokenCreate, &attr, out token);
    }

    /// <summary>
    /// Loads a program that calls <c>bpf_ktime_get_coarse_ns</c>. Kernels that have this helper, both came with 5.11, count memory
    /// by control group; the others say EINVAL.
    /// </summary>
    public static Errno TryAccounting()
    {
        const byte Exit = 0x95;
        BpfInstruction* code = stackalloc BpfInstruction[]
        {
            new() { Code = BpfOpcode.Call, Immediate = (int)BpfFunctionId.KtimeGetCoarseNs },
            new() { Code = Exit },
        };
        fixed (byte* license = "GPL\0"u8)
        {
            BpfAttr attr = default;
            attr.ProgType = (uint)BpfProgramType.SocketFilter;
            attr.Insns = (ulong)code;
            attr.InsnCnt = 2;
            attr.License = (ulong)license;
            Errno errno = Descriptor(BpfCmd.ProgLoad, &attr, out BpfHandle? program);
            program?.Dispose();
            return errno;
        }
    }

    private static Errno Element(BpfCmd command, BpfHandle map, void* key, void* value, ulong flags)
    {
        using BpfHandle.Lease lease = map.Borrow();
        BpfAttr attr = default;
        attr.MapFd = lease.Descriptor;
        attr.Key = (ulong)key;
        attr.Value = (ulong)value;
        attr.Flags = flags;
        return Call(command, &attr);
    }

    // Kernels before 5.11 charge what is made against RLIMIT_MEMLOCK, and say EPERM when it is reached.
    private static Errno ChargedDescriptor(BpfCmd command, BpfAttr* attr, out BpfHandle? handle)
    {
        Errno errno = Descriptor(command, attr, out handle);
        return errno == Errno.NotPermitted && MayHelpToTryAgain() ? Descriptor(command, attr, out handle) : errno;
    }

    // Of threads that are refused at the same time one lifts the limit, and all try again.
    private static bool MayHelpToTryAgain()
    {
        lock (Lifting) return LockedMemory.Limit is null || (IsCharged() && LockedMemory.TryLift());
    }

    // EPERM has other causes, for which the limit need not be touched.
    private static bool IsCharged() => LockedMemory.Limit is not null && TryAccounting() != Errno.None;

    private static Errno Descriptor(BpfCmd command, BpfAttr* attr, out BpfHandle? handle)
    {
        Errno errno;
        int descriptor;
        do errno = CallOnce(command, attr, out descriptor);
        while (errno == Errno.Interrupted);
        handle = errno == Errno.None ? BpfHandle.Own(descriptor) : null;
        return errno;
    }

    private static Errno Call(BpfCmd command, BpfAttr* attr)
    {
        Errno errno;
        do errno = CallOnce(command, attr, out _);
        while (errno == Errno.Interrupted);
        return errno;
    }

    private static Errno CallOnce(BpfCmd command, BpfAttr* attr, out int result)
    {
        result = (int)Libc.Syscall(SyscallNumbers.Bpf, (nint)command, (nint)attr, sizeof(BpfAttr));
        return result < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
    }
}
