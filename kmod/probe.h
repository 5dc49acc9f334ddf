/* SPDX-License-Identifier: GPL-2.0-only */
/* Planting kprobes: what all of them are asked for, wherever they go. */
#ifndef PSCOPE_PROBE_H
#define PSCOPE_PROBE_H

struct kprobe;

int pscope_probe_register(struct kprobe *probe);

#endif /* PSCOPE_PROBE_H */
