/* SPDX-License-Identifier: GPL-2.0-only */
/* The requests that list something: all are struct percpu_scope_list. */
#ifndef PSCOPE_LISTS_H
#define PSCOPE_LISTS_H

struct file;

/* Each returns 0, -ENOSPC with the count that would do, or an error of docs/abi.md. */
int pscope_list_cpus(struct file *file, void *request);
int pscope_list_contexts(struct file *file, void *request);
int pscope_list_variants(struct file *file, void *request);
int pscope_list_kinds(struct file *file, void *request);
int pscope_list_fields(struct file *file, void *request);
int pscope_list_idioms(struct file *file, void *request);
int pscope_list_counters(struct file *file, void *request);
int pscope_list_copies(struct file *file, void *request);

#endif /* PSCOPE_LISTS_H */
