// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists: elements as long as the caller knows them, in the order of what they are of.
 * Adding a list is a function that describes one element.
 */
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "interference/interference.h"
#include "kinds/kinds.h"
#include "lists.h"
#include "names.h"
#include "placement.h"
#include "registry.h"
#include "use.h"
#include "variants.h"

/* An element has at least what tells which it is, and no more than anybody means. */
#define ELEMENT_MIN	sizeof(u32)
#define ELEMENT_MAX	SZ_64K

/* Checks what all lists have: a request for one that is not of something, nor raw. */
static int check_list(const struct percpu_scope_list *request)
{
	if (request->reserved || request->element_size < ELEMENT_MIN ||
	    request->element_size > ELEMENT_MAX)
		return -EINVAL;
	/* A user's pointer, if this kernel has room for all of its bits. */
	return request->elements == (uintptr_t)request->elements ? 0 : -EFAULT;
}

static int check_plain_list(const struct percpu_scope_list *request)
{
	return request->flags || request->of ? -EINVAL : check_list(request);
}

/* The RAW flag of a request, checked: 0 or 1, or an error. */
static int wants_raw(const struct file *file, u32 flags)
{
	if (flags & ~PERCPU_SCOPE_RAW)
		return -EINVAL;
	if (!(flags & PERCPU_SCOPE_RAW))
		return 0;
	return pscope_raw_allowed(file) ? 1 : -EPERM;
}

/* Is there room for what a list holds? Says how much it takes if not. */
static int check_room(struct percpu_scope_list *request, u32 needed)
{
	u32 room = request->count;

	request->count = needed;
	return room < needed ? -ENOSPC : 0;
}

/* What the caller does not know is cut off, what we do not know is zero. */
static int put_element(const struct percpu_scope_list *request, u32 place, const void *element,
		       size_t size)
{
	u8 __user *to = u64_to_user_ptr(request->elements);
	size_t known = min_t(size_t, size, request->element_size);

	to += (size_t)place * request->element_size;
	if (copy_to_user(to, element, known) ||
	    clear_user(to + known, request->element_size - known))
		return -EFAULT;
	return 0;
}

int pscope_list_cpus(struct file *file, void *argument)
{
	struct percpu_scope_list *request = argument;
	int raw = wants_raw(file, request->flags);
	struct percpu_scope_cpu description;
	unsigned int cpu;
	u32 place = 0;
	int ret;

	if (raw < 0)
		return raw;
	if (request->of)
		return -EINVAL;
	ret = check_list(request) ?: check_room(request, num_possible_cpus());
	if (ret)
		return ret;
	for_each_possible_cpu(cpu) {
		pscope_describe_cpu(cpu, raw, &description);
		ret = put_element(request, place++, &description, sizeof(description));
		if (ret)
			return ret;
	}
	return 0;
}

int pscope_list_contexts(struct file *file, void *argument)
{
	struct percpu_scope_list *request = argument;
	struct percpu_scope_context_name description;
	u32 context;
	int ret;

	ret = check_plain_list(request) ?: check_room(request, PERCPU_SCOPE_CONTEXT_COUNT);
	for (context = 0; context < PERCPU_SCOPE_CONTEXT_COUNT && !ret; context++) {
		memset(&description, 0, sizeof(description));
		description.context = context;
		description.supported = !!(pscope_contexts_supported() & BIT(context));
		strscpy(description.name, pscope_context_name(context),
			sizeof(description.name));
		ret = put_element(request, context, &description, sizeof(description));
	}
	return ret;
}

int pscope_list_variants(struct file *file, void *argument)
{
	struct percpu_scope_list *request = argument;
	struct percpu_scope_variant description;
	u32 variant;
	int ret;

	ret = check_plain_list(request) ?: check_room(request, PSCOPE_VARIANT_COUNT);
	for (variant = 0; variant < PSCOPE_VARIANT_COUNT && !ret; variant++) {
		pscope_variant_describe(variant, &description);
		ret = put_element(request, variant, &description, sizeof(description));
	}
	return ret;
}

int pscope_list_kinds(struct file *file, void *argument)
{
	struct percpu_scope_list *request = argument;
	struct percpu_scope_kind description;
	u32 kind;
	int ret;

	ret = check_plain_list(request) ?: check_room(request, pscope_kind_count());
	for (kind = 0; kind < pscope_kind_count() && !ret; kind++) {
		pscope_kind_describe(kind, &description);
		ret = put_element(request, kind, &description, sizeof(description));
	}
	return ret;
}

int pscope_list_fields(struct file *file, void *argument)
{
	struct percpu_scope_list *request = argument;
	struct percpu_scope_field description;
	const struct pscope_field *field;
	u32 number;
	int ret;

	ret = check_plain_list(request) ?: check_room(request, pscope_field_count());
	for (number = 0; number < pscope_field_count() && !ret; number++) {
		memset(&description, 0, sizeof(description));
		field = pscope_field_get(number, &description.kind);
		description.bits = field->bits;
		description.weight = field->weight;
		strscpy(description.name, field->name, sizeof(description.name));
		ret = put_element(request, number, &description, sizeof(description));
	}
	return ret;
}

int pscope_list_idioms(struct file *file, void *argument)
{
	struct percpu_scope_list *request = argument;
	struct percpu_scope_idiom description;
	u32 idiom;
	int ret;

	ret = check_plain_list(request) ?: check_room(request, pscope_idiom_count());
	for (idiom = 0; idiom < pscope_idiom_count() && !ret; idiom++) {
		pscope_idiom_describe(idiom, &description);
		ret = put_element(request, idiom, &description, sizeof(description));
	}
	return ret;
}

static void describe_counter(const struct pscope_counter *counter, bool raw,
			     struct percpu_scope_counter *description)
{
	memset(description, 0, sizeof(*description));
	description->counter = counter->number;
	description->kind = pscope_kind_number(counter->kind);
	description->origin = counter->origin;
	description->variant = counter->variant;
	description->bytes = counter->bytes;
	description->align = counter->align;
	description->percpu_pointer = pscope_percpu_pointer(counter, raw, &description->flags);
	if (READ_ONCE(counter->use.spoilt))
		description->flags |= PERCPU_SCOPE_COUNTER_SPOILT;
	if (counter->owner)
		description->flags |= PERCPU_SCOPE_COUNTER_TEMPORARY;
	strscpy(description->name, counter->name, sizeof(description->name));
}

/* Counters come and go meanwhile: what counts is what is written. */
int pscope_list_counters(struct file *file, void *argument)
{
	struct percpu_scope_list *request = argument;
	int raw = wants_raw(file, request->flags);
	struct percpu_scope_counter description;
	struct pscope_counter *counter;
	u32 room = request->count;
	unsigned long number;
	int ret;

	if (raw < 0)
		return raw;
	if (request->of)
		return -EINVAL;
	ret = check_list(request) ?: check_room(request, pscope_counter_count());
	if (ret)
		return ret;
	request->count = 0;
	for (number = 0; (counter = pscope_counter_next(&number)); number++) {
		describe_counter(counter, raw, &description);
		pscope_counter_put(counter);
		if (request->count == room) {
			request->count = max(pscope_counter_count(), room + 1);
			return -ENOSPC;
		}
		ret = put_element(request, request->count++, &description,
				  sizeof(description));
		if (ret)
			return ret;
		cond_resched_tasks_rcu_qs();
	}
	return 0;
}

static int put_copies(const struct pscope_counter *counter, bool raw,
		      struct percpu_scope_list *request)
{
	bool has_copies = counter->kind->copy_address;
	struct percpu_scope_copy description;
	unsigned int cpu;
	u32 place = 0;
	int ret;

	ret = check_room(request, has_copies ? num_possible_cpus() : 0);
	if (ret || !has_copies)
		return ret;
	for_each_possible_cpu(cpu) {
		pscope_describe_copy(counter, cpu, raw, &description);
		ret = put_element(request, place++, &description, sizeof(description));
		if (ret)
			return ret;
	}
	return 0;
}

int pscope_list_copies(struct file *file, void *argument)
{
	struct percpu_scope_list *request = argument;
	int raw = wants_raw(file, request->flags);
	struct pscope_counter *counter;
	int ret;

	if (raw < 0)
		return raw;
	ret = check_list(request);
	if (ret)
		return ret;
	counter = pscope_counter_get(request->of);
	if (!counter)
		return -ENOENT;
	ret = put_copies(counter, raw, request);
	pscope_counter_put(counter);
	return ret;
}
