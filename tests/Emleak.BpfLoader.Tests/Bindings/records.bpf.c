/* Records that are hard to say in C#, one reason each. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

enum event_kind { EVENT_KIND_ALLOC, EVENT_KIND_FREE = 5, EVENT_KIND_2ND, EVENT_KIND_LAST = -1 };
enum wide_flags { WIDE_FLAGS_LOW = 1, WIDE_FLAGS_HIGH = 0x8000000000000000ull };
enum small { SMALL_ONLY } __attribute__((packed));

typedef struct { u32 low; u32 high; } pair_t;

struct point { u8 x; u64 y; } __attribute__((packed));

struct record {
	u64 address;
	char comm[16];
	u32 matrix[2][3];
	enum event_kind kind;
	enum small small;
	enum { RECORD_STACK_DEPTH = 127, RECORD_NEGATIVE = -3 } limits;
	_Bool is_mapped;
	u8 flags_1 : 1, flags_2 : 4;
	int signed_bits : 5;
	u32 : 3;
	u32 rest : 24;
	union {
		u64 whole;
		struct { u32 first; struct { u32 second; }; };
	};
	struct { u32 inner_value; struct { u8 deep[2]; } nested_again; } nested;
	pair_t pair;
	pair_t pairs[2];
	struct point points[3];
	void *pointer;
	int (*callback)(struct record *);
	enum wide_flags wide;
	double number;
	__int128 huge;
	const volatile u32 record;
	u64 tail[];
};

struct { struct record *value; } holder;
struct record *used(void) { return holder.value; }
