using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Core;

/// <summary>
/// Two views of the same types: programs compiled against one, a kernel that has the other. The answers expected are
/// constants that clang computed when it compiled the kernel's view.
/// </summary>
internal static class CoreFixture
{
    private const string Program = BpfPrelude.Text + """
        #define OFFSET(e) __builtin_preserve_field_info(e, 0)
        #define SIZE(e) __builtin_preserve_field_info(e, 1)
        #define EXISTS(e) __builtin_preserve_field_info(e, 2)
        #define SIGNED(e) __builtin_preserve_field_info(e, 3)
        #define LEFT(e) __builtin_preserve_field_info(e, 4)
        #define RIGHT(e) __builtin_preserve_field_info(e, 5)
        #define TYPE_LOCAL(t) __builtin_btf_type_id(*(typeof(t) *)0, 0)
        #define TYPE_TARGET(t) __builtin_btf_type_id(*(typeof(t) *)0, 1)
        #define TYPE_EXISTS(t) __builtin_preserve_type_info(*(typeof(t) *)0, 0)
        #define TYPE_SIZE(t) __builtin_preserve_type_info(*(typeof(t) *)0, 1)
        #define TYPE_MATCHES(t) __builtin_preserve_type_info(*(typeof(t) *)0, 2)
        #define ENUM_EXISTS(t, v) __builtin_preserve_enum_value(*(typeof(t) *)v, 0)
        #define ENUM_VALUE(t, v) __builtin_preserve_enum_value(*(typeof(t) *)v, 1)
        #define QUERY(name, expression) SEC("raw_tp") __u64 name(struct task *t) { return expression; }
        #define CORE __attribute__((preserve_access_index))

        struct inner { int a; int b; } CORE;
        struct task {
            int pid; __u64 start; struct inner inner; struct inner many[4]; unsigned short narrow; int removed; int retyped;
            unsigned low : 3; int high : 5; int signed_now; int deep; void *pointer; int tail[0];
        } CORE;
        struct task___v2 { int moved_name; int pid; } CORE;
        struct task___unknown { int nothing_of_the_kind; } CORE;
        struct gone { int x; } CORE;
        struct same { int a; struct inner *next; } CORE;
        struct different { int a; } CORE;
        typedef struct inner inner_t;
        enum state { STATE_ONE = 1, STATE_TWO = 2, STATE_GONE = 3, STATE_NEGATIVE = -4 };
        enum big { BIG_VALUE = 0x100000001 };

        QUERY(moved, OFFSET(t->start))
        QUERY(nested, OFFSET(t->inner.b))
        QUERY(element, OFFSET(t->many[2].b))
        QUERY(beyond, OFFSET(t->many[3].b))
        QUERY(second_root, OFFSET(t[2].start))
        QUERY(widened, SIZE(t->narrow))
        QUERY(exists, EXISTS(t->start))
        QUERY(removed, EXISTS(t->removed))
        QUERY(retyped, EXISTS(t->retyped))
        QUERY(through_anonymous, OFFSET(t->deep))
        QUERY(signed_field, SIGNED(t->signed_now))
        QUERY(bits_offset, OFFSET(t->high))
        QUERY(bits_size, SIZE(t->high))
        QUERY(bits_left, LEFT(t->high))
        QUERY(bits_right, RIGHT(t->high))
        QUERY(flexible, OFFSET(t->tail[5]))
        QUERY(flavour, OFFSET(((struct task___v2 *)t)->moved_name))
        QUERY(flavour_missing, EXISTS(((struct task___unknown *)t)->nothing_of_the_kind))
        QUERY(type_exists, TYPE_EXISTS(struct task))
        QUERY(type_gone, TYPE_EXISTS(struct gone))
        QUERY(type_size, TYPE_SIZE(struct task))
        QUERY(typedef_exists, TYPE_EXISTS(inner_t))
        QUERY(type_matches, TYPE_MATCHES(struct same))
        QUERY(type_differs, TYPE_MATCHES(struct different))
        QUERY(type_local, TYPE_LOCAL(struct inner))
        QUERY(type_target, TYPE_TARGET(struct inner))
        QUERY(enum_changed, ENUM_VALUE(enum state, STATE_TWO))
        QUERY(enum_negative, ENUM_VALUE(enum state, STATE_NEGATIVE))
        QUERY(enum_exists, ENUM_EXISTS(enum state, STATE_ONE))
        QUERY(enum_gone, ENUM_EXISTS(enum state, STATE_GONE))
        QUERY(enum_big, ENUM_VALUE(enum big, BIG_VALUE))
        QUERY(poisoned_offset, OFFSET(t->removed))
        QUERY(size_gone, TYPE_SIZE(struct gone))
        QUERY(id_gone, TYPE_TARGET(struct gone))
        QUERY(poisoned_enum, ENUM_VALUE(enum state, STATE_GONE))
        QUERY(load_moved, t->start)
        QUERY(load_widened, t->narrow)
        QUERY(load_signed, t->signed_now)
        QUERY(load_removed, t->removed)
        QUERY(load_pointer, t->pointer != 0)
        """;

    private const string Kernel = BpfPrelude.Text + """
        #define EXPECT(name, value) const volatile __u64 name = value;
        struct inner { int before; int b; int a; };
        struct task {
            __u64 added, another; __u64 start; struct inner inner; struct inner many[3]; unsigned int narrow; float retyped;
            unsigned low : 9; int between : 3; int high : 11; unsigned signed_now; __u64 wide;
            struct { union { int other; struct { int pad; int deep; }; }; };
            int moved_name; int pid; void *pointer; int tail[];
        };
        struct same { struct inner *next; int a; int b; };
        struct different { long a; };
        typedef struct inner inner_t;
        enum state { STATE_ZERO, STATE_ONE, STATE_TWO = 22, STATE_NEGATIVE = -7 };
        enum big { BIG_VALUE = 0x200000002 };
        struct task task; struct same same; struct different different; inner_t inner; enum state state; enum big big;

        #define AT(member) __builtin_offsetof(struct task, member)
        EXPECT(moved, AT(start))
        EXPECT(nested, AT(inner.b))
        EXPECT(element, AT(many[2].b))
        EXPECT(second_root, 2 * sizeof(struct task) + AT(start))
        EXPECT(widened, 4)
        EXPECT(exists, 1)
        EXPECT(removed, 0)
        EXPECT(retyped, 0)
        EXPECT(through_anonymous, AT(deep))
        EXPECT(signed_field, 0)
        EXPECT(bits_size, 4)
        EXPECT(bits_left, 64 - 12 - 11)
        EXPECT(bits_right, 64 - 11)
        EXPECT(bits_offset, AT(retyped) + 4)
        EXPECT(flexible, AT(tail) + 5 * 4)
        EXPECT(flavour, AT(moved_name))
        EXPECT(flavour_missing, 0)
        EXPECT(type_exists, 1)
        EXPECT(type_gone, 0)
        EXPECT(type_size, sizeof(struct task))
        EXPECT(size_gone, 0)
        EXPECT(id_gone, 0)
        EXPECT(typedef_exists, 1)
        EXPECT(type_matches, 1)
        EXPECT(type_differs, 0)
        EXPECT(enum_changed, 22)
        EXPECT(enum_negative, -7)
        EXPECT(enum_exists, 1)
        EXPECT(enum_gone, 0)
        EXPECT(enum_big, 0x200000002)
        EXPECT(load_moved, AT(start))
        EXPECT(load_widened, AT(narrow))
        EXPECT(load_pointer, AT(pointer))
        """;

    public static byte[] ProgramBytes { get; } = Tools.CompileBpf(Program, strip: true);

    public static byte[] TargetBytes { get; } = Tools.CompileBpf(Kernel);

    public static BpfObject Programs { get; } = BpfObject.Parse(ProgramBytes);

    public static BpfObject Target { get; } = BpfObject.Parse(TargetBytes);

    public static BpfInstruction[] Relocate(string program) => Relocate(program, Target.Btf!);

    public static BpfInstruction[] Relocate(string program, params BtfTypes[] targets) =>
        new CoreRelocator(Programs.Btf!, targets).Apply(Programs.Programs[program]);

    /// <summary>The value that the kernel's compiler gave for a question.</summary>
    public static ulong Expected(string question)
    {
        MapSpec constants = Target.Maps[".rodata"];
        return BitConverter.ToUInt64(constants.InitialValue!, constants.Variables[question].Offset);
    }

    /// <summary>What the instruction of a program's only relocation holds after relocating.</summary>
    public static ulong Answer(string program, BpfInstruction[] code)
    {
        int at = Assert.Single(Programs.Programs[program].CoreRelocations).Instruction;
        if (code[at].Code == 0x18) return (uint)code[at].Immediate | ((ulong)(uint)code[at + 1].Immediate << 32);
        return (code[at].Code & 7) is 4 or 7 ? unchecked((ulong)code[at].Immediate) : (ulong)code[at].Offset;
    }
}
