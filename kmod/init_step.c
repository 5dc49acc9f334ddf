// SPDX-License-Identifier: GPL-2.0-only
/* Which step of the module's coming up is to fail. */
#include <linux/errno.h>
#include <linux/moduleparam.h>

#include "init_step.h"

static unsigned int fail_step;
module_param(fail_step, uint, 0444);
MODULE_PARM_DESC(fail_step, "For tests: which step of the module's coming up fails, from 1 on");

static unsigned int step;

int pscope_init_step(void)
{
	return ++step == fail_step ? -ENOMEM : 0;
}
