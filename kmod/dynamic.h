/* SPDX-License-Identifier: GPL-2.0-only */
/* Dynamic counters: per-CPU memory from the allocator. */
#ifndef PSCOPE_DYNAMIC_H
#define PSCOPE_DYNAMIC_H

struct percpu_scope_create;

/**
 * pscope_dynamic_create() - make a counter
 * @request: what the user asks for; its number is set
 * @owner: what a temporary one goes with
 *
 * Return: 0, or an error of docs/abi.md.
 */
int pscope_dynamic_create(struct percpu_scope_create *request, const void *owner);

#endif /* PSCOPE_DYNAMIC_H */
