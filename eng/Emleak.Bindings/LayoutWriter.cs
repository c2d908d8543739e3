namespace Emleak.Bindings;

/// <summary>
/// Writes a class whose method measures every field that was written, beside the place that BTF gives it: a test compares the two.
/// </summary>
internal static class LayoutWriter
{
    public static string Write(BindingModel model, BindingOptions options)
    {
        SourceWriter writer = new();
        writer.WriteHeader(options);
        writer.Line();
        writer.Line("/// <summary>Places of the generated fields, as the runtime lays them out and as BTF says.</summary>");
        writer.Open($"internal static unsafe class {options.LayoutClass}");
        writer.Line("/// <summary>One row for each type (offset 0) and each field.</summary>");
        writer.Open("public static List<(string Name, int Offset, int Size, int ExpectedOffset, int ExpectedSize)> Measure()");
        writer.Line("List<(string Name, int Offset, int Size, int ExpectedOffset, int ExpectedSize)> rows = [];");
        List<(string Path, RecordModel Record)> all = [];
        foreach (RecordModel record in model.Records.Values) Flatten(record, record.Name, all);
        foreach ((string path, _) in all) writer.Line($"Measure{MethodName(path)}(rows);");
        writer.Line("return rows;");
        writer.Close();
        foreach ((string path, RecordModel record) in all) WriteRecord(writer, path, record);
        writer.Line();
        writer.Line("private static int SizeOf<T>(T value) where T : unmanaged => sizeof(T);");
        writer.Close();
        return writer.ToString();
    }

    private static void WriteRecord(SourceWriter writer, string path, RecordModel record)
    {
        writer.Line();
        writer.Open($"private static void Measure{MethodName(path)}(List<(string Name, int Offset, int Size, int ExpectedOffset, int ExpectedSize)> rows)");
        writer.Line($"{path} value = default;");
        writer.Line("byte* start = (byte*)&value;");
        writer.Line($"rows.Add((\"{path}\", 0, sizeof({path}), 0, {record.Size}));");
        foreach (FieldModel field in record.Fields)
        {
            writer.Line($"rows.Add((\"{path}.{field.Name}\", (int)((byte*)&value.{field.Name} - start), SizeOf(value.{field.Name}), {field.Offset}, {field.Size}));");
        }

        writer.Close();
    }

    private static void Flatten(RecordModel record, string path, List<(string Path, RecordModel Record)> all)
    {
        all.Add((path, record));
        foreach (RecordModel nested in record.Nested) Flatten(nested, $"{path}.{nested.Name}", all);
    }

    private static string MethodName(string path) => path.Replace('.', '_');
}
