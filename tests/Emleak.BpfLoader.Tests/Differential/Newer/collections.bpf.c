#include "newer.h"

struct bpf_spin_lock { __u32 val; };
struct bpf_list_head { __u64 __opaque[2]; } __attribute__((aligned(8)));
struct bpf_list_node { __u64 __opaque[3]; } __attribute__((aligned(8)));
struct bpf_rb_root { __u64 __opaque[2]; } __attribute__((aligned(8)));
struct bpf_rb_node { __u64 __opaque[4]; } __attribute__((aligned(8)));

extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *kptr, void *meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node, bool (less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta, __u64 off) __ksym;

struct item { struct bpf_list_node node; __u64 value; };
struct leaf { struct bpf_rb_node node; __u64 value; };

#define private(name) SEC(".data." #name) __hidden __attribute__((aligned(8)))
private(list) struct bpf_spin_lock list_lock;
private(list) struct bpf_list_head list __contains(item, node);
private(tree) struct bpf_spin_lock tree_lock;
private(tree) struct bpf_rb_root tree __contains(leaf, node);

#define container_of(p, type, member) ((type *)((void *)(p) - __builtin_offsetof(type, member)))
#define new(type) ((type *)bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), 0))

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container_of(a, struct leaf, node)->value < container_of(b, struct leaf, node)->value;
}

SEC("tc")
int keeps(void *ctx)
{
	struct item *item = new(struct item);
	if (!item) return 0;
	item->value = 5;
	bpf_spin_lock(&list_lock);
	bpf_list_push_front_impl(&list, &item->node, 0, 0);
	bpf_spin_unlock(&list_lock);

	struct leaf *leaf = new(struct leaf);
	if (!leaf) return 0;
	leaf->value = 6;
	bpf_spin_lock(&tree_lock);
	bpf_rbtree_add_impl(&tree, &leaf->node, less, 0, 0);
	bpf_spin_unlock(&tree_lock);
	return 0;
}

SEC("tc")
int takes(void *ctx)
{
	bpf_spin_lock(&list_lock);
	struct bpf_list_node *node = bpf_list_pop_front(&list);
	bpf_spin_unlock(&list_lock);
	if (!node) return 0;
	struct item *item = container_of(node, struct item, node);
	__u64 value = item->value;
	bpf_obj_drop_impl(item, 0);
	return value;
}
