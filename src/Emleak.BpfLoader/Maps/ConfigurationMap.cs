using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Maps;

/// <summary>Fills the map of the kernel's configuration values: what is a question to the kernel becomes constants.</summary>
internal static class ConfigurationMap
{
    /// <summary>A map of constants like <paramref name="spec"/>, with the values of this kernel.</summary>
    /// <exception cref="BpfException">The kernel does not tell a value that the object insists on, or tells one that its type cannot hold.</exception>
    public static MapSpec Resolve(BpfObject owner, MapSpec spec, IReadOnlyDictionary<string, string>? given)
    {
        byte[] values = new byte[spec.ValueSize];
        foreach (VariableSpec variable in spec.Variables.Values)
        {
            string? value = given?.GetValueOrDefault(variable.Name) ?? KernelConfiguration.Find(variable.Name);
            if (value is null && owner.Externs[variable.Name].IsWeak) continue;
            if (value is null) throw new BpfException($"the object needs {variable.Name}, which the kernel's configuration does not set or tell");
            if (!ConfigurationValue.TryWrite(owner.Btf!, variable.Type, value, values.AsSpan(variable.Offset, variable.Size)))
                throw new BpfException($"{variable.Name} is {value}, which the type does not hold that the object declares for it");
        }

        return new MapSpec(spec.Name)
        {
            Type = spec.Type,
            KeySize = spec.KeySize,
            ValueSize = spec.ValueSize,
            MaxEntries = spec.MaxEntries,
            Flags = spec.Flags,
            ValueType = spec.ValueType,
            Content = MapContent.ReadOnlyData,
            KernelName = spec.KernelName,
            InitialValue = values,
            Variables = spec.Variables,
        };
    }
}
