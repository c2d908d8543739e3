namespace Emleak.Tests.Support;

/// <summary>emleak and what it needs to run, for users who may not read the folder of the tests.</summary>
internal static class PublishedProgram
{
    /// <summary>Copies it, or the static executable if there is one, into a folder.</summary>
    public static string Copy(string folder)
    {
        string program = Environment.GetEnvironmentVariable("EMLEAK_STATIC") ?? Path.Combine(AppContext.BaseDirectory, "emleak");
        string name = Path.GetFileName(program);
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(program)!))
        {
            bool isNeeded = Path.GetFileName(file) == name || Path.GetExtension(file) is ".dll" || file.EndsWith(".json", StringComparison.Ordinal);
            if (isNeeded) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return Path.Combine(folder, name);
    }
}
