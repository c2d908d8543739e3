namespace Emleak.Output;

/// <summary>How names of C++ and Rust functions are written.</summary>
internal enum NameStyle
{
    /// <summary>As in the source, with parameters and template arguments.</summary>
    Full,

    /// <summary>As in the source, without them: what a chart has room for.</summary>
    Short,

    /// <summary>As the linker knows them.</summary>
    Mangled,
}
