using Emleak.BpfLoader.Btf;

namespace Emleak.BpfLoader.Object;

/// <summary>Something that a program uses and the kernel has, or should have.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind">What it stands for.</param>
/// <param name="IsWeak">True when programs can do without: they find 0 in its place.</param>
/// <param name="Type">The type that the object expects, in the object's BTF: of the variable, or the function's prototype.</param>
public sealed record ExternSpec(string Name, ExternKind Kind, bool IsWeak, BtfTypeId Type);
