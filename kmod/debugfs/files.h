/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of debugfs, each with what it is about as its private data, or none. */
#ifndef PSCOPE_DEBUGFS_FILES_H
#define PSCOPE_DEBUGFS_FILES_H

#include <linux/fs.h>

/* A row for each field of each counter. */
extern const struct file_operations * const pscope_counters_file;
extern const struct file_operations * const pscope_values_file;
/* Of one counter. */
extern const struct file_operations * const pscope_counter_values_file;

/* A row for each possible CPU; the latter of one counter. */
extern const struct file_operations * const pscope_offsets_file;
extern const struct file_operations * const pscope_counter_copies_file;

#endif /* PSCOPE_DEBUGFS_FILES_H */
