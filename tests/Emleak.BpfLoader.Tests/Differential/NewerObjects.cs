using System.Reflection;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>The objects of the folder Newer: what compilers and kernels have brought since the objects of the packages were made.</summary>
internal static class NewerObjects
{
    private const string Prefix = "newer/";
    private const string Header = "newer.h";
    private const string Extension = ".bpf.c";

    /// <summary>Their names, without what all file names end with.</summary>
    public static IEnumerable<string> Names => Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Extension, StringComparison.Ordinal))
        .Select(static name => name[Prefix.Length..^Extension.Length]).Order(StringComparer.Ordinal);

    /// <summary>Compiles one for a version of the instruction set: <c>v3</c>, <c>v4</c>.</summary>
    public static byte[] Compile(string name, string cpu) => CompileText(Read(name + Extension), cpu);

    /// <summary>Compiles a text that includes what they share.</summary>
    public static byte[] CompileText(string text, string cpu) => Tools.CompileBpf(
        text, $"-O2 -mcpu={cpu}", headers: new Dictionary<string, string>(StringComparer.Ordinal) { [Header] = Read(Header) });

    /// <summary>A file of the folder.</summary>
    public static string Read(string file)
    {
        using StreamReader reader = new(Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + file)!);
        return reader.ReadToEnd();
    }
}
