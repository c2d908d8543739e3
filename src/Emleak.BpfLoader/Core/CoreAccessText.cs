using System.Text;
using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Core;

/// <summary>What a relocation asks for, as the C programmer wrote it: <c>task_struct.mm</c>, <c>pid_type::PIDTYPE_TGID</c>.</summary>
internal static class CoreAccessText
{
    /// <summary>Names the type and what is asked of it; the bare access string where the types do not fit it.</summary>
    public static string Describe(BtfTypes types, in CoreRelocation relocation)
    {
        string root = types.GetName(types[relocation.Type]);
        try
        {
            CorePath path = CorePath.Parse(types, relocation);
            StringBuilder text = new(root);
            for (int i = 0; i < path.Accessors.Count; i++) Append(text, types, path.Accessors[i], isFirst: i == 0);
            return text.ToString();
        }
        catch (MalformedDataException)
        {
            return $"{root} ({relocation.Access})";
        }
    }

    private static void Append(StringBuilder text, BtfTypes types, CoreAccessor accessor, bool isFirst)
    {
        BtfType type = types.Resolve(accessor.Type);
        if (!accessor.IsNamed)
        {
            // Every access starts with the element of an array that the pointer may point to.
            if (!isFirst || accessor.Index != 0) text.Append('[').Append(accessor.Index).Append(']');
        }
        else if (type.IsEnum)
        {
            text.Append("::").Append(types.GetText(types.GetEnumerator(type, accessor.Index).NameOffset));
        }
        else
        {
            text.Append('.').Append(types.GetText(types.GetMember(type, accessor.Index).NameOffset));
        }
    }
}
