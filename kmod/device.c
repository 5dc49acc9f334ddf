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
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>

#include "calls.h"
#include "compat.h"
#include "contexts.h"
#include "counter.h"
#include "device.h"
#include "hammer.h"
#include "idiom.h"
#include "placement.h"
#include "reader.h"
#include "snapshot.h"
#include "storage.h"

/* The RAW flag of a request, checked: 0 or 1, or an error. */
static int wants_raw(const struct file *file, u32 flags)
{
	if (flags & ~PERCPU_SCOPE_RAW)
		return -EINVAL;
	if (!(flags & PERCPU_SCOPE_RAW))
		return 0;
	return pscope_raw_allowed(file) ? 1 : -EPERM;
}

/* A user's pointer, if this kernel has room for all of its bits. */
static int check_pointer(u64 pointer)
{
	return pointer == (uintptr_t)pointer ? 0 : -EFAULT;
}

/* Is there room for what a list holds? Says how much it takes if not. */
static int check_room(u32 *count, u32 needed)
{
	u32 room = *count;

	*count = needed;
	return room < needed ? -ENOSPC : 0;
}

static int get_info(struct file *file, void *argument)
{
	struct percpu_scope_info *info = argument;

	memset(info, 0, sizeof(*info));
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
	info->dynamic_counters = pscope_dynamic_count();
	info->dynamic_counters_max = pscope_dynamic_max();
	info->idioms = pscope_idiom_count();
	info->page_size = PAGE_SIZE;
	info->cache_line_size = SMP_CACHE_BYTES;
	info->min_generator_period_ns = PSCOPE_PERIOD_MIN_NS;
	strscpy(info->release, utsname()->release, sizeof(info->release));
	return 0;
}

static int get_cpus(struct file *file, void *argument)
{
	struct percpu_scope_cpus *request = argument;
	struct percpu_scope_cpu __user *to = u64_to_user_ptr(request->cpus);
	struct percpu_scope_cpu description;
	int raw = wants_raw(file, request->flags);
	unsigned int cpu;
	int ret;

	if (raw < 0)
		return raw;
	ret = check_pointer(request->cpus) ?: check_room(&request->count, num_possible_cpus());
	if (ret)
		return ret;
	for_each_possible_cpu(cpu) {
		pscope_describe_cpu(cpu, raw, &description);
		if (copy_to_user(to++, &description, sizeof(description)))
			return -EFAULT;
	}
	return 0;
}

static int list_counters(struct file *file, void *argument)
{
	struct percpu_scope_counters *request = argument;
	struct percpu_scope_counter __user *to = u64_to_user_ptr(request->counters);
	struct percpu_scope_counter description;
	int raw = wants_raw(file, request->flags);
	struct pscope_counter *counter;
	u32 room = request->count;
	unsigned long id;
	int ret;

	if (raw < 0)
		return raw;
	ret = check_pointer(request->counters) ?:
	      check_room(&request->count, pscope_counter_count());
	if (ret)
		return ret;
	/* Counters come and go meanwhile: what counts is what is written. */
	request->count = 0;
	for (id = 0; (counter = pscope_counter_next(&id)); id++) {
		pscope_counter_describe(counter, raw, &description);
		pscope_counter_put(counter);
		if (request->count == room) {
			request->count = max(pscope_counter_count(), room + 1);
			return -ENOSPC;
		}
		if (copy_to_user(to++, &description, sizeof(description)))
			return -EFAULT;
		request->count++;
	}
	return 0;
}

static int list_idioms(struct file *file, void *argument)
{
	struct percpu_scope_idioms *request = argument;
	struct percpu_scope_idiom __user *to = u64_to_user_ptr(request->idioms);
	struct percpu_scope_idiom description;
	int ret;
	u32 id;

	if (request->reserved)
		return -EINVAL;
	ret = check_pointer(request->idioms) ?:
	      check_room(&request->count, pscope_idiom_count());
	if (ret)
		return ret;
	for (id = 0; id < pscope_idiom_count(); id++) {
		pscope_idiom_describe(id, &description);
		if (copy_to_user(to++, &description, sizeof(description)))
			return -EFAULT;
	}
	return 0;
}

static int copy_copies(const struct pscope_counter *counter, bool raw,
		       struct percpu_scope_copies *request)
{
	struct percpu_scope_copy __user *to = u64_to_user_ptr(request->copies);
	bool has_copies = counter->storage->copy_address;
	struct percpu_scope_copy description;
	unsigned int cpu;
	int ret;

	ret = check_room(&request->count, has_copies ? num_possible_cpus() : 0);
	if (ret || !has_copies)
		return ret;
	for_each_possible_cpu(cpu) {
		pscope_describe_copy(counter, cpu, raw, &description);
		if (copy_to_user(to++, &description, sizeof(description)))
			return -EFAULT;
	}
	return 0;
}

static int get_copies(struct file *file, void *argument)
{
	struct percpu_scope_copies *request = argument;
	int raw = wants_raw(file, request->flags);
	struct pscope_counter *counter;
	int ret;

	if (raw < 0)
		return raw;
	if (request->reserved)
		return -EINVAL;
	ret = check_pointer(request->copies);
	if (ret)
		return ret;
	counter = pscope_counter_get(request->counter);
	if (!counter)
		return -ENOENT;
	ret = copy_copies(counter, raw, request);
	pscope_counter_put(counter);
	return ret;
}

static int snapshot(struct file *file, void *argument)
{
	struct percpu_scope_snapshot *request = argument;
	int ret = check_pointer(request->ids) ?: check_pointer(request->records);

	return ret ?: pscope_snapshot(request);
}

static int verify(struct file *file, void *argument)
{
	return pscope_verify(argument);
}

static int hammer(struct file *file, void *argument)
{
	return pscope_hammer(argument);
}

static int create(struct file *file, void *argument)
{
	return pscope_dynamic_create(argument);
}

static void undo_create(void *argument)
{
	struct percpu_scope_create *request = argument;

	pscope_counter_destroy(request->id);
}

static int destroy(struct file *file, void *argument)
{
	struct percpu_scope_counter_ref *request = argument;

	return request->reserved ? -EINVAL : pscope_counter_destroy(request->counter);
}

static int reset(struct file *file, void *argument)
{
	struct percpu_scope_counter_ref *request = argument;

	return request->reserved ? -EINVAL : pscope_counter_reset(request->counter);
}

static int count_calls(struct file *file, void *argument)
{
	/* A probe is in the way of the whole kernel, not of this device alone. */
	if (!perfmon_capable())
		return -EPERM;
	return pscope_calls_count(file->private_data, argument);
}

static int stop_calls(struct file *file, void *argument)
{
	return pscope_calls_stop(file->private_data, argument);
}

static const struct request {
	unsigned int command;
	fmode_t mode;
	int (*handle)(struct file *file, void *argument);
	/* For what must not stay if the caller cannot be told of it. */
	void (*undo)(void *argument);
} requests[] = {
	{ PERCPU_SCOPE_GET_INFO, FMODE_READ, get_info },
	{ PERCPU_SCOPE_GET_CPUS, FMODE_READ, get_cpus },
	{ PERCPU_SCOPE_LIST_COUNTERS, FMODE_READ, list_counters },
	{ PERCPU_SCOPE_LIST_IDIOMS, FMODE_READ, list_idioms },
	{ PERCPU_SCOPE_GET_COPIES, FMODE_READ, get_copies },
	{ PERCPU_SCOPE_SNAPSHOT, FMODE_READ, snapshot },
	{ PERCPU_SCOPE_VERIFY, FMODE_READ, verify },
	{ PERCPU_SCOPE_HAMMER, FMODE_WRITE, hammer },
	{ PERCPU_SCOPE_CREATE, FMODE_WRITE, create, undo_create },
	{ PERCPU_SCOPE_DESTROY, FMODE_WRITE, destroy },
	{ PERCPU_SCOPE_RESET, FMODE_WRITE, reset },
	{ PERCPU_SCOPE_COUNT_CALLS, FMODE_WRITE, count_calls },
	{ PERCPU_SCOPE_STOP_CALLS, FMODE_WRITE, stop_calls },
};

union argument {
	struct percpu_scope_info info;
	struct percpu_scope_cpus cpus;
	struct percpu_scope_counters counters;
	struct percpu_scope_idioms idioms;
	struct percpu_scope_copies copies;
	struct percpu_scope_snapshot snapshot;
	struct percpu_scope_verify verify;
	struct percpu_scope_job job;
	struct percpu_scope_create create;
	struct percpu_scope_counter_ref counter_ref;
	struct percpu_scope_count_calls count_calls;
	struct percpu_scope_stop_calls stop_calls;
};

static const struct request *find_request(unsigned int command)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].command == command)
			return &requests[i];
	return NULL;
}

static long device_ioctl(struct file *file, unsigned int command, unsigned long where)
{
	const struct request *request = find_request(command);
	void __user *user = (void __user *)where;
	size_t size = _IOC_SIZE(command);
	union argument argument;
	int ret;

	if (!request)
		return -ENOTTY;
	if (!(file->f_mode & request->mode))
		return -EBADF;
	if (_IOC_DIR(command) & _IOC_WRITE && copy_from_user(&argument, user, size))
		return -EFAULT;
	ret = request->handle(file, &argument);
	/* With -ENOSPC goes the length that would do. */
	if (ret && ret != -ENOSPC)
		return ret;
	if (_IOC_DIR(command) & _IOC_READ && copy_to_user(user, &argument, size)) {
		if (request->undo && !ret)
			request->undo(&argument);
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
	return misc_register(&device);
}

void pscope_device_exit(void)
{
	misc_deregister(&device);
}
