using Emleak.Bindings;
using Emleak.BpfLoader.Btf;
using Emleak.Elf;

BindingOptions options;
try
{
    options = BindingOptions.Parse(args);
}
catch (ArgumentException problem)
{
    Console.Error.WriteLine(problem.Message);
    Console.Error.WriteLine(BindingOptions.Usage);
    return 2;
}

try
{
    (string types, string layout) = BindingGenerator.Generate(ReadTypes(options), options);
    Write(options.Output, types);
    if (options.Layout is not null) Write(options.Layout, layout);
    return 0;
}
catch (Exception problem) when (problem is MalformedDataException or InvalidDataException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"{options.Input}: {problem.Message}");
    return 1;
}

static BtfTypes ReadTypes(BindingOptions options)
{
    if (!options.IsObject) return BtfTypes.Parse(File.ReadAllBytes(options.Input));
    using ElfImage image = ElfImage.Open(options.Input);
    ElfSection section = image.FindSection(".BTF") ?? throw new InvalidDataException("has no .BTF section: compile with -g");
    return BtfTypes.Parse(image.GetData(section).ToArray());
}

static void Write(string? path, string text)
{
    if (path is null) Console.Out.Write(text);
    else if (!File.Exists(path) || File.ReadAllText(path) != text) File.WriteAllText(path, text);
}
