using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>An attachment that is not one link of the kernel's: most last until somebody takes them back, also when their process ends.</summary>
internal interface IUnlinkedAttachment
{
    /// <summary>Whether it goes with its process nevertheless.</summary>
    bool EndsWithProcess => false;

    /// <summary>Takes it back. That it is gone already, with its device for example, is no error.</summary>
    void Detach();

    /// <summary>Puts another program in place of the attached one, without a gap.</summary>
    Errno Replace(BpfHandle program);
}
