/* SPDX-License-Identifier: GPL-2.0-only */
/* debugfs: text to read, nothing to write. */
#ifndef PSCOPE_DEBUGFS_H
#define PSCOPE_DEBUGFS_H

struct dentry;
struct pscope_counter;

/* The folders, and the files about all counters. */
void pscope_debugfs_init(void);
void pscope_debugfs_exit(void);

struct dentry *pscope_debugfs_add_counter(struct pscope_counter *counter);
/* Waits for readers of the counter's files. */
void pscope_debugfs_remove_counter(struct pscope_counter *counter);

#endif /* PSCOPE_DEBUGFS_H */
