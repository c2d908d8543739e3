namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>A part of the name. What the fields mean is told by <see cref="NodeKind"/>.</summary>
internal struct Node
{
    public NodeKind Kind;
    public Precedence Precedence;
    public NodeFlags Flags;
    public Shape Shape;
    public int A;
    public int B;
    public int C;
    public int D;
    public int E;
}
