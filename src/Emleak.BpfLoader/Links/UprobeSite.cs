namespace Emleak.BpfLoader.Links;

/// <summary>One instruction of a file.</summary>
/// <param name="FileOffset">Where it is in the file: not its address.</param>
/// <param name="Cookie">What the program gets from <c>bpf_get_attach_cookie</c> when it runs there.</param>
public readonly record struct UprobeSite(ulong FileOffset, ulong Cookie = 0);
