using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to one end of a netkit pair. There never was another way than links.</summary>
internal static class NetkitAttachment
{
    public static BpfLink Attach(BpfProgram program, NetworkDevice device, NetkitEnd end, AttachOrder? order)
    {
        if (program.Type != BpfProgramType.SchedCls) throw new InvalidOperationException($"{program} is no traffic-control program");
        string place = $"{(end == NetkitEnd.Primary ? "primary" : "peer")} of netkit {device}";
        BpfAttachType attachType = end == NetkitEnd.Primary ? BpfAttachType.NetkitPrimary : BpfAttachType.NetkitPeer;
        Errno errno = AttachOrder.Link(program.Handle, new((uint)device.Index, attachType), order, out BpfHandle? link);
        return link is not null ? new BpfLink(link, $"{program.Name} on {place}") : throw new BpfException($"attach {place}", errno, errno switch
        {
            Errno.NoDevice => "there is no such device in this network namespace",
            Errno.AccessDenied => "both programs are attached to the primary device, in the namespace that it is in",
            Errno.Invalid or Errno.NoDeviceOrAddress => "the device is not of type netkit, or the kernel has none (Linux 6.7, CONFIG_NETKIT)",
            Errno.NotPermitted => LoadAdvice.ToAttachToNetwork(),
            _ => null,
        });
    }
}
