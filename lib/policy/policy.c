/* SPDX-License-Identifier: BSD-3-Clause */
/* Compiling a policy. */
#include "internal.h"

#include <stdlib.h>

static bool set_find(const struct name_set *set, struct rdl_endpoint_digest digest, size_t *place)
{
	size_t i = (size_t)digest.word[0] & set->mask;

	for (; (set->slots[i].word[0] | set->slots[i].word[1]) != 0; i = (i + 1) & set->mask)
		if (set->slots[i].word[0] == digest.word[0] &&
			set->slots[i].word[1] == digest.word[1])
			return true;
	*place = i;
	return false;
}

bool rdl_policy_name_known(const struct name_set *set, struct rdl_endpoint_digest digest)
{
	size_t place;

	return set_find(set, digest, &place);
}

static bool compile_known(struct rdl_policy *policy, const struct rdl_policy_config *config)
{
	size_t size = 4;

	while (size < 2 * (size_t)config->known_count)
		size *= 2;
	policy->known.slots = calloc(size, sizeof(*policy->known.slots));
	policy->known.mask = size - 1;
	if (policy->known.slots == NULL)
		return false;
	for (unsigned i = 0; i < config->known_count; i++) {
		struct rdl_endpoint_digest digest;
		size_t place;

		rdl_siphash128(&config->endpoint_key, config->known[i], strlen(config->known[i]),
			digest.word);
		if (!set_find(&policy->known, digest, &place))
			policy->known.slots[place] = digest;
	}
	return true;
}

static bool compile_objects(struct rdl_policy *policy, const struct rdl_policy_config *config)
{
	size_t versions = 0;
	uint32_t next = 0;

	if (config->all_objects)
		return true;
	for (unsigned i = 0; i < config->object_count; i++)
		versions += config->objects[i].version_count;
	policy->rule_of = calloc(UINT16_MAX + 1, sizeof(*policy->rule_of));
	policy->rules = calloc(config->object_count + 1, sizeof(*policy->rules));
	policy->packed_versions = calloc(versions + 1, sizeof(*policy->packed_versions));
	if (policy->rule_of == NULL || policy->rules == NULL || policy->packed_versions == NULL)
		return false;
	for (unsigned i = 0; i < config->object_count; i++) {
		const struct rdl_policy_object *object = &config->objects[i];

		policy->rules[i] = (struct object_rule){
			.first = next,
			.count = (uint16_t)object->version_count,
			.any_version = object->any_version,
			.multiple = object->multiple,
		};
		policy->rule_of[object->id] = (uint16_t)(i + 1);
		for (unsigned v = 0; v < object->version_count; v++)
			policy->packed_versions[next++] = (uint32_t)object->versions[v].major
								  << 16 |
							  object->versions[v].minor;
	}
	return true;
}

/* Copies of strings as spans; NULL without memory. */
static struct rdl_span *copy_strings(const char *const *items, unsigned count)
{
	struct rdl_span *spans = calloc(count + 1, sizeof(*spans));

	for (unsigned i = 0; spans != NULL && i < count; i++) {
		char *copy = strdup(items[i]);

		spans[i] = (struct rdl_span){ (uint8_t *)copy, copy != NULL ? strlen(copy) : 0 };
		if (copy == NULL) {
			while (i-- > 0)
				free((void *)(uintptr_t)spans[i].data);
			free(spans);
			return NULL;
		}
	}
	return spans;
}

static void free_strings(struct rdl_span *spans, unsigned count)
{
	for (unsigned i = 0; spans != NULL && i < count; i++)
		free((void *)(uintptr_t)spans[i].data);
	free(spans);
}

struct rdl_policy *rdl_policy_create(const struct rdl_policy_config *config)
{
	static uint32_t generations;
	struct rdl_policy *policy = calloc(1, sizeof(*policy));

	if (policy == NULL)
		return NULL;
	policy->generation = ++generations;
	policy->config = *config;
	/* The caller's memory ends with this call. */
	policy->config.objects = NULL;
	policy->config.extra = NULL;
	policy->config.known = NULL;
	policy->config.deny = NULL;
	policy->config.secured_patterns = NULL;
	for (unsigned i = 0; i < config->extra_count; i++) {
		if (strcmp(config->extra[i], "ep") == 0)
			policy->in_updates |= 1u << RDL_PARAMETER_EP;
		if (strcmp(config->extra[i], "lwm2m") == 0)
			policy->in_updates |= 1u << RDL_PARAMETER_LWM2M;
	}
	policy->deny = copy_strings(config->deny, config->deny_count);
	policy->secured_patterns =
		copy_strings(config->secured_patterns, config->secured_pattern_count);
	policy->extra = copy_strings(config->extra, config->extra_count);
	if (policy->deny == NULL || policy->secured_patterns == NULL || policy->extra == NULL ||
		!compile_objects(policy, config) || !compile_known(policy, config)) {
		rdl_policy_destroy(policy);
		return NULL;
	}
	return policy;
}

void rdl_policy_destroy(struct rdl_policy *policy)
{
	if (policy == NULL)
		return;
	free_strings(policy->deny, policy->config.deny_count);
	free_strings(policy->secured_patterns, policy->config.secured_pattern_count);
	free_strings(policy->extra, policy->config.extra_count);
	free(policy->known.slots);
	free(policy->rule_of);
	free(policy->rules);
	free(policy->packed_versions);
	free(policy);
}

uint32_t rdl_policy_generation(const struct rdl_policy *policy)
{
	return policy->generation;
}

bool rdl_policy_diagnostics(const struct rdl_policy *policy)
{
	return policy->config.diagnostics;
}

const struct rdl_policy_config *rdl_policy_config(const struct rdl_policy *policy)
{
	return &policy->config;
}
