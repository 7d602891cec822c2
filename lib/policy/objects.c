/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which objects, versions and instances of a list stay (change request:
 * reason for change, 5.1.1, 5.2.3).
 */
#include "internal.h"

/*
 * Why an object is left out, or RDL_IGNORED_COUNT when it stays.
 * `versions`: all that its links claim.
 */
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
	const struct object_rule *rule = NULL;
	enum rdl_ignored why = RDL_IGNORED_COUNT;
	rdl_object_link *links = reader->links;
	uint64_t *versions = reader->versions;
	const uint32_t link_count = reader->link_count, version_count = reader->version_count;
	uint32_t kept_links = 0, kept_versions = 0, v = 0;
	uint32_t object = UINT32_MAX; /* of the link before */

	for (uint32_t i = 0; i < link_count; i++) {
		rdl_object_link link = links[i];

		if (link >> 16 != object) {
			uint32_t first = v;

			object = link >> 16;
			/* Every version has a link of its object, so both walks keep step. */
			while (v < version_count && versions[v] >> 32 == object)
				v++;
			why = judge_object(
				policy, minor, object, versions + first, v - first, &rule);
			while (why == RDL_IGNORED_COUNT && first < v)
				versions[kept_versions++] = versions[first++];
		}
		uint32_t instance = link & 0xffff;
		if (RDL_UNLIKELY(why != RDL_IGNORED_COUNT))
			ignored->count[why]++;
		else if (rule != NULL && !rule->multiple && instance != 0 &&
			 instance != RDL_ID_NONE)
			ignored->count[RDL_IGNORED_instance]++;
		else
			links[kept_links++] = link;
	}
	reader->link_count = kept_links;
	reader->version_count = kept_versions;
}

enum rdl_reason rdl_policy_objects(const struct rdl_policy *policy,
	const struct rdl_policy_question *question, const struct rdl_cursor *scratch,
	struct rdl_ignored_counts *ignored, uint32_t *detail)
{
	const struct rdl_policy_config *config = &policy->config;
	size_t room = (size_t)(scratch->end - scratch->pos);
	struct rdl_object_reader reader;
	struct rdl_ignored_counts left_out = { { 0 } };
	enum rdl_status status = rdl_object_read(
		&reader, question->payload, question->root, config->max_links, scratch->pos, room);

	if (status == RDL_MALFORMED) {
		*detail = (uint32_t)reader.offset;
		return RDL_REASON_link_syntax;
	}
	if (status == RDL_NO_ROOM)
		return RDL_REASON_links_too_many;
	if (reader.root.len > RDL_ROOT_MAX)
		return RDL_REASON_root_length;
	if (config->security_object_refuse && reader.has_security)
		return RDL_REASON_security_object;
	if (question->is_register && config->mandatory_objects_refuse &&
		!(reader.has_server && reader.has_device)) {
		*detail = (reader.has_server ? 0 : RDL_MISSING_SERVER) |
			  (reader.has_device ? 0 : RDL_MISSING_DEVICE);
		return RDL_REASON_mandatory_objects;
	}
	left_out.count[RDL_IGNORED_foreign] = reader.foreign;
	rdl_object_sort(&reader);
	filter(policy, &reader, question->minor, &left_out);
	if (rdl_object_seal(&reader) != RDL_OK)
		return RDL_REASON_links_too_many;
	if (RDL_UNLIKELY(config->keep_attributes))
		left_out.count[RDL_IGNORED_attributes] =
			rdl_object_keep_attributes(reader.list, room, question->payload);
	for (unsigned i = 0; i < RDL_IGNORED_COUNT; i++)
		ignored->count[i] += left_out.count[i];
	return RDL_REASON_NONE;
}
