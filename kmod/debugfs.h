/* SPDX-License-Identifier: GPL-2.0-only */
/* debugfs: text to read, nothing to write. */
#ifndef PSCOPE_DEBUGFS_H
#define PSCOPE_DEBUGFS_H

struct dentry;
struct pscope_counter;

/* The folders. */
void pscope_debugfs_init(void);
/*
 * The files about all counters. Until the module has come up they must not be there:
 * while it fails to, counters go, and nothing would wait for those who read of them.
 */
void pscope_debugfs_publish(void);
void pscope_debugfs_exit(void);

struct dentry *pscope_debugfs_add_counter(struct pscope_counter *counter);
/* Waits for readers of the counter's files. */
void pscope_debugfs_remove_counter(struct pscope_counter *counter);

#endif /* PSCOPE_DEBUGFS_H */
