/* SPDX-License-Identifier: GPL-2.0-only */
/* Every kind, and every table of controls: each is its own file's. */
#ifndef PSCOPE_ALL_KINDS_H
#define PSCOPE_ALL_KINDS_H

#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "../compat.h"
#include "kind.h"

extern const struct pscope_kind pscope_kind_u64;
extern const struct pscope_kind pscope_kind_local64;
extern const struct pscope_kind pscope_kind_u64_stats;
extern const struct pscope_kind pscope_kind_seqcount;
extern const struct pscope_kind pscope_kind_atomic64;
extern const struct pscope_kind pscope_kind_spinlock;
extern const struct pscope_kind pscope_kind_array_packed;
extern const struct pscope_kind pscope_kind_array_padded;
extern const struct pscope_kind pscope_kind_percpu_counter;
extern const struct pscope_kind pscope_kind_ulong;
extern const struct pscope_kind pscope_kind_u32;
extern const struct pscope_kind pscope_kind_int;
extern const struct pscope_kind pscope_kind_symbol;
extern const struct pscope_kind pscope_kind_local_lock;
extern const struct pscope_kind pscope_kind_local_lock_irqsave;
#ifdef PSCOPE_HAS_NESTED_BH
extern const struct pscope_kind pscope_kind_local_lock_nested_bh;
#endif
extern const struct pscope_kind pscope_kind_differential;
extern const struct pscope_kind pscope_kind_nodes;
extern const struct pscope_kind pscope_kind_u64_stats_rings;
extern const struct pscope_kind pscope_kind_percpu_ref;
extern const struct pscope_kind pscope_kind_percpu_ref_atomic;
#ifdef CONFIG_NET
extern const struct pscope_kind pscope_kind_sw_netstats;
extern const struct pscope_kind pscope_kind_lstats;
#ifdef PSCOPE_HAS_DSTATS
extern const struct pscope_kind pscope_kind_dstats;
#endif
#endif

/* The one variable of those kinds that have no more. */
DECLARE_PER_CPU(u64, pscope_by_symbol);
DECLARE_PER_CPU(s8, pscope_differential);
#ifdef CONFIG_NET
DECLARE_PER_CPU(struct pcpu_sw_netstats, pscope_sw_netstats);
DECLARE_PER_CPU(struct pcpu_lstats, pscope_lstats);
#ifdef PSCOPE_HAS_DSTATS
DECLARE_PER_CPU(struct pcpu_dstats, pscope_dstats);
#endif
#endif

/* Controls, each with the kind that it breaks; with CONFIG_PERCPU_SCOPE_CONTROLS alone. */
extern const struct pscope_idiom pscope_word_controls[];
extern const unsigned int pscope_word_control_count;
extern const struct pscope_idiom pscope_task_controls[];
extern const unsigned int pscope_task_control_count;
extern const struct pscope_idiom pscope_group_controls[];
extern const unsigned int pscope_group_control_count;
extern const struct pscope_idiom pscope_folding_controls[];
extern const unsigned int pscope_folding_control_count;

#endif /* PSCOPE_ALL_KINDS_H */
