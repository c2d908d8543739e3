namespace Emleak.BpfLoader.Links;

/// <summary>By what a program is attached where the kernel has had another way before links. Tests choose; everybody else takes the best.</summary>
internal enum AttachWay
{
    /// <summary>A link, or the old way where the kernel has no link of this kind.</summary>
    Best,

    /// <summary>A link or nothing.</summary>
    Link,

    /// <summary>As on kernels without such links.</summary>
    Old,
}
