namespace Emleak.BpfLoader.Maps;

/// <summary>Which entries an update may touch. The values are the kernel's (<c>BPF_ANY</c>, ...).</summary>
public enum MapUpdateMode : ulong
{
    /// <summary>Makes a new entry or replaces the old one.</summary>
    Any = 0,

    /// <summary>Only makes a new entry.</summary>
    NoExist = 1,

    /// <summary>Only replaces an entry.</summary>
    Exist = 2,
}
