namespace Emleak.Probes;

/// <summary>The arguments that a program reads where its probe is, by their place in the function's parameter list.</summary>
[Flags]
internal enum Arguments
{
    None = 0,
    First = 1,
    Second = 2,
    Third = 4,
    Fourth = 8,
    Fifth = 16,
    Sixth = 32,
}
