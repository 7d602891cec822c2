/* SPDX-License-Identifier: BSD-3-Clause */
/* Which objects, versions and instances of a list stay (change request: reason for change, 5.1.1, 5.2.3). */
#include "internal.h"

/* Why an object is left out, or RDL_IGNORED_COUNT when it stays. `versions`: all that its links claim. */
static enum rdl_ignored judge_object(const struct rdl_policy *policy, unsigned minor,
	uint32_t object, const uint64_t *versions, uint32_t version_count,
	const struct object_rule **rule)
{
	*rule = NULL;
	if (object == RDL_OBJECT_SECURITY)
		return RDL_IGNORED_security;
	if ((object == RDL_OBJECT_OSCORE && minor >= 1) ||
		(object == RDL_OBJECT_COSE && minor >= 2))
		return RDL_IGNORED_reserved;
	if (policy->rule_of != NULL) {
		unsigned place = policy->rule_of[object];

		if (place == 0)
			return RDL_IGNORED_object;
		*rule = &policy->rules[place - 1];
	}
	/* One claim that is not supported suffices, so that the order of links does not matter. */
	for (uint32_t i = 0; i < version_count; i++) {
		uint32_t version = (uint32_t)versions[i];
		bool supported = version != RDL_VERSION_UNREADABLE;

		if (supported && *rule != NULL && !(*rule)->any_version) {
			const uint32_t *known = policy->packed_versions + (*rule)->first;
			unsigned k = 0;

			while (k < (*rule)->count && known[k] != version)
				k++;
			supported = k < (*rule)->count;
		}
		if (!supported)
			return RDL_IGNORED_version;
	}
	return RDL_IGNORED_COUNT;
}

/* Keeps, in place, the sorted reader's links and versions of the objects that stay. */
static void filter(const struct rdl_policy *policy, struct rdl_object_reader *reader,
	unsigned minor, struct rdl_ignored_counts *ignored)
{
	uint32_t links = 0, versions = 0, v = 0;

	for (uint32_t i = 0; i < reader->link_count;) {
		const struct object_rule *rule;
		uint32_t object = reader->links[i] >> 16;
		uint32_t first = i, first_version;

		while (i < reader->link_count && reader->links[i] >> 16 == object)
			i++;
		/* Every version has a link of its object, so both walks keep step. */
		first_version = v;
		while (v < reader->version_count && reader->versions[v] >> 32 == object)
			v++;
		enum rdl_ignored why = judge_object(policy, minor, object,
			reader->versions + first_version, v - first_version, &rule);
		if (why != RDL_IGNORED_COUNT) {
			ignored->count[why] += i - first;
			continue;
		}
		for (uint32_t k = first; k < i; k++) {
			uint32_t instance = reader->links[k] & 0xffff;

			if (rule != NULL && !rule->multiple && instance != 0 &&
				instance != RDL_ID_NONE)
				ignored->count[RDL_IGNORED_instance]++;
			else
				reader->links[links++] = reader->links[k];
		}
		for (uint32_t k = first_version; k < v; k++)
			reader->versions[versions++] = reader->versions[k];
	}
	reader->link_count = links;
	reader->version_count = versions;
}

enum rdl_reason rdl_policy_objects(const struct rdl_policy *policy, struct rdl_span payload,
	struct rdl_span root, unsigned minor, bool is_register, void *scratch, size_t scratch_len,
	struct rdl_ignored_counts *ignored, uint32_t *detail)
{
	const struct rdl_policy_config *config = &policy->config;
	struct rdl_object_reader reader;
	struct rdl_ignored_counts left_out = { { 0 } };
	enum rdl_status status =
		rdl_object_read(&reader, payload, root, config->max_links, scratch, scratch_len);

	if (status == RDL_MALFORMED) {
		*detail = (uint32_t)reader.offset;
		return RDL_REASON_link_syntax;
	}
	if (status == RDL_NO_ROOM)
		return RDL_REASON_links_too_many;
	if (config->security_object_refuse && reader.has_security)
		return RDL_REASON_security_object;
	if (is_register && config->mandatory_objects_refuse &&
		!(reader.has_server && reader.has_device))
		return RDL_REASON_mandatory_objects;
	left_out.count[RDL_IGNORED_foreign] = reader.foreign;
	rdl_object_sort(&reader);
	filter(policy, &reader, minor, &left_out);
	if (rdl_object_seal(&reader) != RDL_OK)
		return RDL_REASON_links_too_many;
	for (unsigned i = 0; i < RDL_IGNORED_COUNT; i++)
		ignored->count[i] += left_out.count[i];
	return RDL_REASON_NONE;
}
