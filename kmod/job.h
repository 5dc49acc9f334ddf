/* SPDX-License-Identifier: GPL-2.0-only */
/* The hammer: runs one job. */
#ifndef PSCOPE_JOB_H
#define PSCOPE_JOB_H

struct percpu_scope_job;

/* 0, or an error of docs/abi.md; with -EBUSY the request says who is in the way. */
int pscope_job_run(struct percpu_scope_job *job);

#endif /* PSCOPE_JOB_H */
