namespace Emleak.BpfLoader.Links;

/// <summary>One function of the kernel.</summary>
/// <param name="Function">Its name, as in /proc/kallsyms.</param>
/// <param name="Cookie">What the program gets from <c>bpf_get_attach_cookie</c> when it runs there.</param>
public readonly record struct KprobeSite(string Function, ulong Cookie = 0);
