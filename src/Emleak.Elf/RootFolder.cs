using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Elf;

/// <summary>
/// The root folder that the paths of a process count from, held by a descriptor, so that it can be used when the process has gone. The path is walked here, folder by
/// folder: links, absolute ones and <c>..</c> included, lead nowhere out of it, on every kernel and however the folders are moved meanwhile.
/// </summary>
internal sealed class RootFolder : IDisposable
{
    // As in the kernel (path_resolution(7)).
    private const int MostLinks = 40;
    private const int LongestPath = 4096;

    // Each folder on the way takes a descriptor.
    private const int DeepestPath = 256;

    private readonly SafeFileHandle? _folder;
    private readonly SafeFileHandle? _mounts;

    private RootFolder(string name, SafeFileHandle? folder, SafeFileHandle? mounts = null)
    {
        Name = name;
        _folder = folder;
        _mounts = mounts;
    }

    /// <summary>The caller's own root folder. Paths may be relative to the current folder; the kernel follows them.</summary>
    public static RootFolder Own { get; } = new("", null);

    /// <summary>A folder in which there is nothing: the root of a process that has gone.</summary>
    public static RootFolder Nowhere { get; } = new("(gone)", null);

    /// <summary>What to write before a path in it; empty for the caller's own.</summary>
    public string Name { get; }

    /// <summary>What folder it is; the default value for the caller's own.</summary>
    public FileIdentity Identity => _folder is null ? default : FileStatus.Of(_folder, Name).Identity;

    /// <summary>The root folder of a process; null when that has gone, or may not be looked at.</summary>
    /// <param name="readerId">Whose folder under <c>/proc</c> leads to it.</param>
    public static RootFolder? OfProcess(int readerId)
    {
        // With the last process of a mount namespace, what is mounted in it would go, if nobody held it.
        string process = string.Create(CultureInfo.InvariantCulture, $"/proc/{readerId}");
        return Locate($"{process}/root") is { } folder ? new RootFolder($"{process}/root", folder, Locate($"{process}/ns/mnt")) : null;
    }

    /// <summary>A folder of the caller's as a root; null when there is none.</summary>
    /// <param name="path">Leads to it; links in it are followed.</param>
    public static RootFolder? At(string path) => Locate(path) is { } folder ? new RootFolder(path, folder) : null;

    /// <summary>Opens a regular file for reading.</summary>
    /// <param name="path">Its path, counted from this folder.</param>
    /// <param name="status">What it is.</param>
    /// <exception cref="MalformedDataException">It is not a regular file.</exception>
    /// <exception cref="IOException">It cannot be opened, or is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public SafeFileHandle OpenFile(string path, out FileStatus status)
    {
        using SafeFileHandle located = Locate(path, followLinks: true);
        return FileDoor.OpenLocated(located, Name + path, out status);
    }

    /// <summary>A descriptor that stands for what a path leads to, and does nothing to it.</summary>
    /// <param name="path">The path, counted from this folder.</param>
    /// <param name="followLinks">False to refuse a path with a link in it, wherever it leads.</param>
    /// <exception cref="IOException">There is nothing.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be looked at.</exception>
    public SafeFileHandle Locate(string path, bool followLinks)
    {
        if (path.Length is 0 or > LongestPath || path.Contains('\0', StringComparison.Ordinal)) throw new IOException("not a path");
        if (_folder is not null) return new Walk(_folder, Name + path, followLinks).To(path);
        if (ReferenceEquals(this, Nowhere)) throw new FileNotFoundException($"the process has gone, and {path} with it", path);
        SafeFileHandle located = FileDoor.Locate(path);
        return located.IsInvalid ? throw FileDoor.Failure(path, located) : located;
    }

    public void Dispose()
    {
        _folder?.Dispose();
        _mounts?.Dispose();
    }

    private static SafeFileHandle? Locate(string path)
    {
        SafeFileHandle located = FileDoor.Locate(path);
        if (!located.IsInvalid) return located;
        located.Dispose();
        return null;
    }

    /// <summary>One walk along a path. The folders on the way are held, so that <c>..</c> is the one that was come from.</summary>
    private readonly struct Walk(SafeFileHandle root, string shown, bool followLinks)
    {
        private readonly Stack<SafeFileHandle> _folders = new();

        public SafeFileHandle To(string path)
        {
            try
            {
                return Follow(path);
            }
            finally
            {
                foreach (SafeFileHandle folder in _folders) folder.Dispose();
            }
        }

        private SafeFileHandle Here => _folders.TryPeek(out SafeFileHandle? folder) ? folder : root;

        private SafeFileHandle Follow(string path)
        {
            Stack<string> parts = new();
            Push(parts, path);
            int links = 0;
            while (parts.TryPop(out string? part))
            {
                if (part == "..")
                {
                    if (_folders.TryPop(out SafeFileHandle? inner)) inner.Dispose();
                    continue;
                }

                if (_folders.Count == DeepestPath) throw new IOException($"cannot open {shown}: it is too deep");
                SafeFileHandle next = FileDoor.LocateIn(Here, part);
                if (next.IsInvalid) throw FileDoor.Failure(shown, next);
                if (FileStatus.Of(next, shown).IsLink)
                {
                    using (next)
                    {
                        if (!followLinks || ++links > MostLinks) throw new IOException($"cannot open {shown}: {(followLinks ? "too many links" : "it leads over a link")}");
                        GoOn(parts, FileDoor.ReadLink(next, shown));
                    }

                    continue;
                }

                _folders.Push(next);
            }

            return _folders.TryPop(out SafeFileHandle? found) ? found : throw new IOException($"cannot open {shown}: it is the root folder");
        }

        private void GoOn(Stack<string> parts, string target)
        {
            if (target.StartsWith('/'))
            {
                while (_folders.TryPop(out SafeFileHandle? folder)) folder.Dispose();
            }

            Push(parts, target);
        }

        private static void Push(Stack<string> parts, string path)
        {
            string[] words = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
            for (int i = words.Length - 1; i >= 0; i--)
            {
                if (words[i] != ".") parts.Push(words[i]);
            }
        }
    }
}
