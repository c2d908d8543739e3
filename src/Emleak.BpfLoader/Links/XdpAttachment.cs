using System.Buffers.Binary;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches an XDP program to a network device: by a link, before 5.9 by netlink.</summary>
internal static class XdpAttachment
{
    public static BpfLink Attach(BpfProgram program, NetworkDevice device, XdpMode mode, AttachWay way = AttachWay.Best)
    {
        if (program.Type != BpfProgramType.Xdp) throw new InvalidOperationException($"{program} is no XDP program");
        string place = $"{device} for XDP";
        string description = $"{program.Name} on {place}";
        Errno errno = Errno.Invalid;
        BpfHandle? link = null;
        if (way != AttachWay.Old) errno = BpfSyscall.Link(program.Handle, new((uint)device.Index, BpfAttachType.Xdp, (uint)mode), out link);
        if (link is not null) return new BpfLink(link, description);
        if (errno == Errno.Invalid && way != AttachWay.Link)
        {
            // A kernel without such links does not know the command, and says EINVAL; so does one that does not take the program.
            Hook hook = new(device, mode, program.Handle.Duplicate());
            errno = hook.Set();
            if (errno == Errno.None) return new BpfLink(hook, description);
            hook.Close();
        }

        throw new BpfException($"attach {place}", errno, errno switch
        {
            Errno.NoDevice => "there is no such device in this network namespace",
            Errno.Busy or Errno.Exists => "the device has an XDP program already",
            Errno.NotSupported or Errno.NotSupportedByKernel => "the device's driver does not take XDP programs, or not in this mode; XdpMode.Generic works with all",
            Errno.Invalid => "there is no such device, or its driver does not take the program with its present settings (MTU, receive offloads)",
            Errno.NotPermitted => LoadAdvice.ToAttachToNetwork(),
            _ => null,
        });
    }

    // include/uapi/linux/if_link.h.
    private sealed class Hook(NetworkDevice device, XdpMode mode, BpfHandle program) : IUnlinkedAttachment
    {
        private const ushort SetLink = 19;
        private const ushort XdpAttribute = 43;
        private const ushort DescriptorAttribute = 1;
        private const ushort FlagsAttribute = 3;
        private const ushort ExpectedAttribute = 8;
        private const int BodySize = 16;
        private const int OnlyIfNone = 1 << 0;
        private const int OnlyIfExpected = 1 << 4;
        private const int NoProgram = -1;

        private BpfHandle _program = program;

        public Errno Set()
        {
            using BpfHandle.Lease lease = _program.Borrow();
            return Ask((int)lease.Descriptor, OnlyIfNone, expected: null);
        }

        public void Close() => _program.Dispose();

        public void Detach()
        {
            using (_program)
            {
                Errno errno = Ask(NoProgram, OnlyIfExpected, _program);
                // Kernels before 5.7 cannot be told what is expected.
                if (errno is Errno.Invalid or Errno.NotSupported) Ask(NoProgram, flags: 0, expected: null);
            }
        }

        public Errno Replace(BpfHandle replacement)
        {
            BpfHandle next = replacement.Duplicate();
            Errno errno;
            using (BpfHandle.Lease lease = next.Borrow())
            {
                errno = Ask((int)lease.Descriptor, OnlyIfExpected, _program);
                if (errno is Errno.Invalid) errno = Ask((int)lease.Descriptor, flags: 0, expected: null);
            }

            BpfHandle unused = next;
            if (errno == Errno.None) (unused, _program) = (_program, next);
            unused.Dispose();
            return errno;
        }

        private Errno Ask(int descriptor, int flags, BpfHandle? expected)
        {
            Span<byte> body = stackalloc byte[BodySize];
            body.Clear();
            BinaryPrimitives.WriteInt32LittleEndian(body[4..], device.Index);
            return new Netlink(SetLink, 0, body).Add(XdpAttribute, nested =>
            {
                nested.Add(DescriptorAttribute, descriptor).Add(FlagsAttribute, (int)mode | flags);
                if (expected is not null) nested.Add(ExpectedAttribute, expected.Descriptor);
            }).Send();
        }
    }
}
