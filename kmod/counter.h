/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a counter is, and the registry that owns all of them. How its memory is
 * laid out, read and zeroed is its storage's business (storage.h); how it is
 * updated is an idiom's (idiom.h).
 */
#ifndef PSCOPE_COUNTER_H
#define PSCOPE_COUNTER_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "uapi/percpu_scope.h"
#include "use.h"

struct dentry;
struct pscope_storage;

struct pscope_counter {
	struct kref ref;
	struct rcu_head rcu;
	struct list_head reserved;	/* from its reservation to its publication */
	u32 id;
	enum percpu_scope_origin origin;
	enum percpu_scope_variant variant;
	const struct pscope_storage *storage;
	char name[PERCPU_SCOPE_NAME_SIZE];
	size_t size;
	size_t align;
	union {
		void __percpu *percpu;	/* storage->percpu */
		void *memory;		/* all others */
	};
	/* Its copies are data of the module's own, not of an allocator. */
	bool copies_in_module;
	struct pscope_use use;
	struct dentry *dir;
};

int pscope_registry_init(void);
void pscope_registry_exit(void);
/*
 * Counters have folders in debugfs from now on. Only once nothing can fail any
 * more: a module that fails to come up takes its counters away, and nothing would
 * wait for those who have files of them open.
 */
void pscope_registry_add_folders(void);

/*
 * A counter whose name, origin, storage and size are set takes its name, and its
 * share of what dynamic counters may take, before it is given memory. Nobody
 * finds it until it is published, with memory and description complete; whoever
 * does not publish it, or fails to, cancels. From its publication on a counter may
 * be destroyed: its id is told, and it must not be looked at again.
 */
int pscope_counter_reserve(struct pscope_counter *counter);
int pscope_counter_publish(struct pscope_counter *counter, u32 *id);
void pscope_counter_cancel(struct pscope_counter *counter);
int pscope_counter_destroy(u32 id);
int pscope_counter_reset(u32 id);

/* Both return a counter with a reference, or NULL. */
struct pscope_counter *pscope_counter_get(u32 id);
struct pscope_counter *pscope_counter_next(unsigned long *id);
void pscope_counter_put(struct pscope_counter *counter);

unsigned int pscope_counter_count(void);
unsigned int pscope_dynamic_count(void);
unsigned int pscope_dynamic_max(void);

void pscope_counter_describe(const struct pscope_counter *counter, bool raw,
			     struct percpu_scope_counter *description);

/* static_counters.c */
int pscope_static_counters_init(void);
void pscope_static_counters_exit(void);
/* The lowest __percpu pointer of the static counters. */
unsigned long pscope_static_base(void);

/* dynamic_counters.c */
int pscope_dynamic_create(struct percpu_scope_create *request);
void pscope_dynamic_free(struct pscope_counter *counter);

#endif /* PSCOPE_COUNTER_H */
