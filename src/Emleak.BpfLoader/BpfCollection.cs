using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;

namespace Emleak.BpfLoader;

/// <summary>
/// An object that is loaded: owns the file descriptors of its maps and programs. Programs that are attached stay in the
/// kernel until their links are disposed too.
/// </summary>
public sealed class BpfCollection : IDisposable
{
    private readonly LoadedItems<BpfMap> _maps;
    private readonly LoadedItems<BpfProgram> _programs;
    private readonly List<GlobalVariables> _variables = [];

    internal BpfCollection(BpfObject spec)
    {
        // The object may be changed, and loaded again.
        HashSet<string> maps = [.. spec.Maps.Keys];
        HashSet<string> programs = [.. spec.Programs.Keys];
        _maps = new LoadedItems<BpfMap>("map", maps.Contains);
        _programs = new LoadedItems<BpfProgram>("program", programs.Contains);
    }

    /// <summary>The maps by name; data maps have their section's name, such as <c>.bss</c>.</summary>
    public IReadOnlyDictionary<string, BpfMap> Maps => _maps;

    /// <summary>The programs by the names of their C functions.</summary>
    public IReadOnlyDictionary<string, BpfProgram> Programs => _programs;

    /// <summary>Reads a global variable as it is now.</summary>
    /// <exception cref="KeyNotFoundException">The object has no such variable.</exception>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> has another size than the variable.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public T ReadVariable<T>(string name)
        where T : unmanaged => Find(name, out VariableSpec variable).Read<T>(variable);

    /// <summary>
    /// Writes a global variable; programs see it at once. Before kernel 5.5 the whole section is read and written back, and
    /// what a program writes to it meanwhile is lost.
    /// </summary>
    /// <exception cref="KeyNotFoundException">The object has no such variable.</exception>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> has another size than the variable.</exception>
    /// <exception cref="BpfException">The kernel refuses; EPERM: it is a constant.</exception>
    public void WriteVariable<T>(string name, T value)
        where T : unmanaged => Find(name, out VariableSpec variable).Write(variable, value);

    /// <summary>Closes all maps and programs.</summary>
    public void Dispose()
    {
        foreach (GlobalVariables variables in _variables) variables.Dispose();
        foreach (BpfProgram program in _programs.Values) program.Dispose();
        foreach (BpfMap map in _maps.Values) map.Dispose();
    }

    /// <summary>Takes over a map.</summary>
    internal void Add(BpfMap map, MapSpec spec)
    {
        _maps.Add(map.Name, map);
        // An arena has an address only once it is in memory, and programs that use it need that when they are verified.
        if (spec.Content != MapContent.Declared || spec.Type == BpfMapType.Arena) _variables.Add(new GlobalVariables(map, spec));
    }

    /// <summary>Takes over a program.</summary>
    internal void Add(BpfProgram program) => _programs.Add(program.Name, program);

    private GlobalVariables Find(string name, out VariableSpec variable)
    {
        foreach (GlobalVariables variables in _variables)
        {
            if (variables.TryFind(name, out variable)) return variables;
        }

        throw new KeyNotFoundException($"the object has no global variable '{name}'");
    }
}
