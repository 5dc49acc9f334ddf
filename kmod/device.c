// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character device: copies requests in and out, checks what a descriptor
 * may do, and calls the room that does the work. Adding a request is adding a
 * table entry.
 */
#include <linux/cache.h>
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>

#include "calls.h"
#include "compat.h"
#include "device.h"
#include "dynamic.h"
#include "init_step.h"
#include "interference/interference.h"
#include "job.h"
#include "kinds/kinds.h"
#include "lists.h"
#include "placement.h"
#include "probe.h"
#include "registry.h"
#include "snapshot.h"
#include "use.h"
#include "verify.h"

/* A user's pointer, if this kernel has room for all of its bits. */
static int check_pointer(u64 pointer)
{
	return pointer == (uintptr_t)pointer ? 0 : -EFAULT;
}

static int get_info(struct file *file, void *argument)
{
	struct pscope_quota quota = pscope_registry_quota();
	struct percpu_scope_info *info = argument;

	memset_startat(info, 0, abi_version);
	info->abi_version = PERCPU_SCOPE_ABI_VERSION;
	info->bits_per_long = BITS_PER_LONG;
	if (IS_ENABLED(CONFIG_PERCPU_SCOPE_CONTROLS))
		info->features |= PERCPU_SCOPE_FEATURE_CONTROLS;
	if (BITS_PER_LONG == 32)
		info->features |= PERCPU_SCOPE_FEATURE_SYNCP;
	if (pscope_raw_allowed(file))
		info->features |= PERCPU_SCOPE_FEATURE_RAW;
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		info->features |= PERCPU_SCOPE_FEATURE_RT;
	if (pscope_contexts_supported() & PSCOPE_NMI)
		info->features |= PERCPU_SCOPE_FEATURE_NMI;
	if (IS_ENABLED(CONFIG_KPROBES))
		info->features |= PERCPU_SCOPE_FEATURE_KPROBES;
	if (pscope_preemptible())
		info->features |= PERCPU_SCOPE_FEATURE_PREEMPT;
	if (IS_ENABLED(CONFIG_SMP))
		info->features |= PERCPU_SCOPE_FEATURE_SMP;
	info->possible_cpus = num_possible_cpus();
	info->online_cpus = num_online_cpus();
	info->counters = pscope_counter_count();
	info->dynamic_counters = quota.counters;
	info->dynamic_counters_max = quota.counters_max;
	info->dynamic_bytes = quota.bytes;
	info->dynamic_bytes_max = quota.bytes_max;
	info->probes = pscope_probe_count();
	info->probes_max = pscope_probe_max();
	info->idioms = pscope_idiom_count();
	info->kinds = pscope_kind_count();
	info->page_size = PAGE_SIZE;
	info->cache_line_size = SMP_CACHE_BYTES;
	info->min_generator_period_ns = PSCOPE_PERIOD_MIN_NS;
	strscpy(info->release, utsname()->release, sizeof(info->release));
	return 0;
}

static int snapshot(struct file *file, void *argument)
{
	struct percpu_scope_snapshot *request = argument;
	int ret = check_pointer(request->ids) ?: check_pointer(request->records);

	return ret ?: pscope_snapshot(request);
}

static int verify(struct file *file, void *argument)
{
	struct percpu_scope_verify *request = argument;
	int ret = check_pointer(request->torn_example);

	return ret ?: pscope_verify(request);
}

static int hammer(struct file *file, void *argument)
{
	return pscope_job_run(argument);
}

static int create(struct file *file, void *argument)
{
	return pscope_dynamic_create(argument, file->private_data);
}

static void undo_create(struct file *file, void *argument)
{
	struct percpu_scope_create *request = argument;

	pscope_registry_destroy(request->counter);
}

static int destroy(struct file *file, void *argument)
{
	struct percpu_scope_destroy *request = argument;

	return pscope_registry_destroy(request->counter);
}

static int reset(struct file *file, void *argument)
{
	struct percpu_scope_reset *request = argument;
	struct pscope_in_the_way in_the_way = {};
	struct pscope_counter *counter;
	bool pattern = request->flags & PERCPU_SCOPE_RESET_PATTERN;
	int ret;

	if (request->reserved || request->flags & ~PERCPU_SCOPE_RESET_PATTERN)
		return -EINVAL;
	counter = pscope_counter_get(request->counter);
	if (!counter)
		return -ENOENT;
	if (pattern && !pscope_kind_is_verifiable(counter->kind))
		ret = -EOPNOTSUPP;
	else
		ret = pscope_use_reset(counter, request->start, pattern, &in_the_way);
	memcpy(request->in_the_way, in_the_way.name, sizeof(request->in_the_way));
	pscope_counter_put(counter);
	return ret;
}

static int count_calls(struct file *file, void *argument)
{
	/* A probe is in the way of the whole kernel, not of this device alone. */
	if (!perfmon_capable())
		return -EPERM;
	return pscope_calls_count(file->private_data, argument);
}

static void undo_count_calls(struct file *file, void *argument)
{
	const struct percpu_scope_count_calls *request = argument;
	struct percpu_scope_stop_calls stop = { .counter = request->counter };

	pscope_calls_stop(file->private_data, &stop);
}

static int stop_calls(struct file *file, void *argument)
{
	return pscope_calls_stop(file->private_data, argument);
}

/* The longest request there is, and some. */
#define REQUEST_MAX	512

struct request {
	unsigned int command;
	fmode_t mode;
	size_t size;
	int (*handle)(struct file *file, void *argument);
	/* For what must not stay if the caller cannot be told of it. */
	void (*undo)(struct file *file, void *argument);
};

#define REQUEST(command_, mode_, type_, handle_, undo_) {			\
	.command = PERCPU_SCOPE_##command_,					\
	.mode = FMODE_##mode_,							\
	.size = sizeof(struct percpu_scope_##type_) +				\
		BUILD_BUG_ON_ZERO(sizeof(struct percpu_scope_##type_) > REQUEST_MAX), \
	.handle = handle_,							\
	.undo = undo_,								\
}

static const struct request requests[] = {
	REQUEST(GET_INFO, READ, info, get_info, NULL),
	REQUEST(LIST_CPUS, READ, list, pscope_list_cpus, NULL),
	REQUEST(LIST_CONTEXTS, READ, list, pscope_list_contexts, NULL),
	REQUEST(LIST_VARIANTS, READ, list, pscope_list_variants, NULL),
	REQUEST(LIST_KINDS, READ, list, pscope_list_kinds, NULL),
	REQUEST(LIST_FIELDS, READ, list, pscope_list_fields, NULL),
	REQUEST(LIST_IDIOMS, READ, list, pscope_list_idioms, NULL),
	REQUEST(LIST_COUNTERS, READ, list, pscope_list_counters, NULL),
	REQUEST(LIST_COPIES, READ, list, pscope_list_copies, NULL),
	REQUEST(SNAPSHOT, READ, snapshot, snapshot, NULL),
	REQUEST(VERIFY, READ, verify, verify, NULL),
	REQUEST(HAMMER, WRITE, job, hammer, NULL),
	REQUEST(CREATE, WRITE, create, create, undo_create),
	REQUEST(DESTROY, WRITE, destroy, destroy, NULL),
	REQUEST(RESET, WRITE, reset, reset, NULL),
	REQUEST(COUNT_CALLS, WRITE, count_calls, count_calls, undo_count_calls),
	REQUEST(STOP_CALLS, WRITE, stop_calls, stop_calls, NULL),
};

static const struct request *find_request(unsigned int command)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].command == command)
			return &requests[i];
	return NULL;
}

/*
 * All are as long as in version 2, which is the shortest there is. One that grows takes a
 * shorter one from then on, whose missing end is zero.
 */
static int copy_in(const struct request *request, void *argument, void __user *user, u32 *size)
{
	if (get_user(*size, (u32 __user *)user))
		return -EFAULT;
	if (*size < request->size)
		return -EINVAL;
	if (*size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(argument, request->size, user, *size);
}

static long device_ioctl(struct file *file, unsigned int command, unsigned long where)
{
	const struct request *request = find_request(command);
	u64 argument[REQUEST_MAX / sizeof(u64)];
	void __user *user = (void __user *)where;
	u32 size;
	int ret;

	if (!request)
		return -ENOTTY;
	if (!(file->f_mode & request->mode))
		return -EBADF;
	ret = copy_in(request, argument, user, &size);
	if (ret)
		return ret;
	ret = request->handle(file, argument);
	/* With -ENOSPC goes the length that would do, with -EBUSY who is in the way. */
	if (ret && ret != -ENOSPC && ret != -EBUSY)
		return ret;
	if (copy_to_user(user, argument, request->size)) {
		if (request->undo && !ret)
			request->undo(file, argument);
		return -EFAULT;
	}
	return ret;
}

static int device_open(struct inode *inode, struct file *file)
{
	struct pscope_calls *calls = kmalloc(sizeof(*calls), GFP_KERNEL);

	if (!calls)
		return -ENOMEM;
	pscope_calls_init(calls);
	file->private_data = calls;
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	pscope_calls_exit(file->private_data);
	pscope_registry_destroy_owned(file->private_data);
	kfree(file->private_data);
	return 0;
}

static const struct file_operations device_operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = PERCPU_SCOPE_DEVICE_NAME,
	.fops = &device_operations,
	.mode = 0600,
};

int pscope_device_init(void)
{
	return pscope_init_step() ?: misc_register(&device);
}

void pscope_device_exit(void)
{
	misc_deregister(&device);
}
