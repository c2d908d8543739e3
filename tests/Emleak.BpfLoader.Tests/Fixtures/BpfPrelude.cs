namespace Emleak.BpfLoader.Tests.Fixtures;

/// <summary>The declarations that the C fixtures share, so that they need no installed headers.</summary>
internal static class BpfPrelude
{
    public const string Text = """
        typedef unsigned char __u8; typedef unsigned short __u16; typedef unsigned int __u32; typedef unsigned long long __u64;
        typedef int __s32; typedef long long __s64;
        #define SEC(name) __attribute__((section(name), used))
        #define __uint(name, val) int (*name)[val]
        #define __type(name, val) typeof(val) *name
        #define __noinline __attribute__((noinline))
        #define __hidden __attribute__((visibility("hidden")))
        static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
        static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
        static __u64 (*bpf_ktime_get_ns)(void) = (void *)5;
        static __u64 (*bpf_get_current_pid_tgid)(void) = (void *)14;
        static long (*bpf_loop)(__u32 nr, void *callback, void *ctx, __u64 flags) = (void *)181;
        char _license[] SEC("license") = "Dual BSD/GPL";

        """;
}
