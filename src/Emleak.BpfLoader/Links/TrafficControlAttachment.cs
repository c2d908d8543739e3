using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to the packets of a device: by a link (tcx), before 6.6 as a filter of the queueing discipline clsact.</summary>
internal static class TrafficControlAttachment
{
    public static BpfLink Attach(BpfProgram program, NetworkDevice device, TrafficDirection direction, AttachOrder? order, AttachWay way = AttachWay.Best)
    {
        if (program.Type != BpfProgramType.SchedCls) throw new InvalidOperationException($"{program} is no traffic-control program");
        string place = $"{(direction == TrafficDirection.Ingress ? "ingress" : "egress")} of {device}";
        string description = $"{program.Name} on {place}";
        Errno errno = Errno.Invalid;
        BpfHandle? link = null;
        BpfAttachType attachType = direction == TrafficDirection.Ingress ? BpfAttachType.TcxIngress : BpfAttachType.TcxEgress;
        if (way != AttachWay.Old) errno = AttachOrder.Link(program.Handle, new((uint)device.Index, attachType), order, out link);
        if (link is not null) return new BpfLink(link, description);
        // Filters have no places before and after each other.
        if (errno == Errno.Invalid && way != AttachWay.Link && order is null)
        {
            Filter filter = new(device, direction);
            errno = filter.Create(program);
            if (errno == Errno.None) return new BpfLink(filter, description);
        }

        throw new BpfException($"attach {place}", errno, errno switch
        {
            Errno.NoDevice => "there is no such device in this network namespace",
            Errno.NoEntry => "what it was to run beside is not attached there; or the kernel was built without NET_SCH_INGRESS and NET_CLS_BPF",
            Errno.Invalid when order is not null => "an order among programs needs Linux 6.6",
            Errno.Invalid => "the program was loaded for another attach point",
            Errno.NotPermitted => LoadAdvice.ToAttachToNetwork(),
            _ => null,
        });
    }

    // include/uapi/linux/rtnetlink.h, pkt_sched.h and pkt_cls.h. The queueing discipline stays: others may have put filters there meanwhile.
    private sealed class Filter(NetworkDevice device, TrafficDirection direction) : IUnlinkedAttachment
    {
        private const ushort NewDiscipline = 36;
        private const ushort NewFilter = 44;
        private const ushort DeleteFilter = 45;
        private const ushort KindAttribute = 1;
        private const ushort OptionsAttribute = 2;
        private const ushort DescriptorAttribute = 6;
        private const ushort NameAttribute = 7;
        private const ushort FlagsAttribute = 8;
        private const int DirectAction = 1;
        private const uint ClsactParent = 0xffff_fff1;
        private const uint ClsactHandle = 0xffff_0000;
        private const uint IngressParent = 0xffff_fff2;
        private const uint EgressParent = 0xffff_fff3;
        private const int BodySize = 20;

        // ETH_P_ALL in network byte order.
        private const uint AnyProtocol = 0x0300;
        private const uint ProtocolMask = 0xffff;

        private readonly uint _parent = direction == TrafficDirection.Ingress ? IngressParent : EgressParent;
        private uint _handle;
        private uint _priority;
        private string _name = "";

        public Errno Create(BpfProgram program)
        {
            _name = program.Name;
            Errno errno = new Netlink(NewDiscipline, Netlink.Create | Netlink.Exclusive, Body(ClsactHandle, ClsactParent, 0)).Add(KindAttribute, "clsact").Send();
            if (errno is not (Errno.None or Errno.Exists)) return errno;
            Span<byte> made = stackalloc byte[BodySize];
            made.Clear();
            errno = Ask(NewFilter, Netlink.Create | Netlink.Exclusive | Netlink.Echo, program.Handle, made);
            _handle = BinaryPrimitives.ReadUInt32LittleEndian(made[8..]);
            _priority = BinaryPrimitives.ReadUInt32LittleEndian(made[16..]) & ~ProtocolMask;
            return errno;
        }

        public void Detach() => new Netlink(DeleteFilter, 0, Body(_handle, _parent, _priority | AnyProtocol)).Add(KindAttribute, "bpf").Send();

        public Errno Replace(BpfHandle program) => Ask(NewFilter, 0, program, []);

        private Errno Ask(ushort request, ushort flags, BpfHandle program, Span<byte> made)
        {
            using BpfHandle.Lease lease = program.Borrow();
            int descriptor = (int)lease.Descriptor;
            return new Netlink(request, flags, Body(_handle, _parent, _priority | AnyProtocol)).Add(KindAttribute, "bpf")
                .Add(OptionsAttribute, nested => nested.Add(DescriptorAttribute, descriptor).Add(NameAttribute, _name).Add(FlagsAttribute, DirectAction))
                .Send(made);
        }

        // struct tcmsg.
        private byte[] Body(uint handle, uint parent, uint info)
        {
            byte[] body = new byte[BodySize];
            MemoryMarshal.Write(body.AsSpan(4), device.Index);
            MemoryMarshal.Write(body.AsSpan(8), handle);
            MemoryMarshal.Write(body.AsSpan(12), parent);
            MemoryMarshal.Write(body.AsSpan(16), info);
            return body;
        }
    }
}
