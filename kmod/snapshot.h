/* SPDX-License-Identifier: GPL-2.0-only */
/* One read of several counters. */
#ifndef PSCOPE_SNAPSHOT_H
#define PSCOPE_SNAPSHOT_H

struct percpu_scope_snapshot;

/* -ENOSPC with the bytes needed in the request; or an error of docs/abi.md. */
int pscope_snapshot(struct percpu_scope_snapshot *request);

#endif /* PSCOPE_SNAPSHOT_H */
