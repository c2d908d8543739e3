namespace Emleak.Cli;

/// <summary>The usage text, in the original's layout.</summary>
internal static class Usage
{
    public const string Text = """

        usage: emleak [OPTS]
           Trace outstanding memory allocations that weren't freed.
        Supports allocations made with libc functions
        Supports allocations made with your own functions

        OPTS:
            -p    the PID to trace
            -c    the program name to trace, must start emleak before program
            -i    interval in seconds to print outstanding allocations, default 10
            -m    your own malloc function, e.g. -m my_malloc
            -f    your own free function, e.g. -f my_free

        Options for emleak:
         --help           	 short-option: -h
         --version
         --pid            	 short-option: -p
         --comm           	 short-option: -c
         --interval       	 short-option: -i
         --malloc         	 short-option: -m
         --free           	 short-option: -f
         --probe-placement	 best (default) or entry: where in a function the probe goes

        Ctrl-C ends the trace and writes the files. Exit codes: 0 done, 1 tracing failed,
        2 usage, 3 not permitted, 4 no such process, 5 function not found, 6 kernel lacks
        something, 7 output not writable.

        """;
}
