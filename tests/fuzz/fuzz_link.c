/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The input is a link-format payload: walked, read as an object list, filtered by policies. What
 * comes out is canonical, and written down and read again it is the same.
 */
#include "fuzz.h"

#include "link.h"
#include "policy.h"

#define NO_LIMIT UINT32_MAX

/* Read, sorted and sealed, in the memory that is promised to be enough. */
struct list {
	enum rdl_status status;
	size_t offset;
	struct rdl_object_list *at;
};

static struct list read_list(struct rdl_span payload, struct rdl_span root)
{
	size_t memory_len = 2 * payload.len + 64;
	struct list list = { .at = fuzz_alloc(memory_len) };
	struct rdl_object_reader reader;

	list.status = rdl_object_read(&reader, payload, root, NO_LIMIT, list.at, memory_len);
	list.offset = reader.offset;
	if (list.status == RDL_OK) {
		rdl_object_sort(&reader);
		list.status = rdl_object_seal(&reader);
	}
	if (list.status == RDL_OK)
		CHECK(list.at->len <= memory_len);
	return list;
}

static bool has_object(const struct rdl_object_list *list, uint16_t object)
{
	const rdl_object_link *links = rdl_object_list_links(list);
	unsigned i = 0;

	while (i < list->link_count && links[i] >> 16 != object)
		i++;
	return i < list->link_count;
}

static void check_canonical(const struct rdl_object_list *list)
{
	const rdl_object_link *links = rdl_object_list_links(list);
	const struct rdl_object_version *versions = rdl_object_list_versions(list);
	struct rdl_span root = rdl_object_list_root(list);

	for (unsigned i = 0; i < list->link_count; i++) {
		CHECK(links[i] >> 16 != RDL_ID_NONE);
		if (i == 0)
			continue;
		CHECK(links[i - 1] < links[i]);
		CHECK((links[i] & 0xffff) != RDL_ID_NONE || links[i - 1] >> 16 != links[i] >> 16);
	}
	for (unsigned i = 0; i < list->version_count; i++) {
		CHECK(i == 0 || versions[i - 1].object < versions[i].object);
		CHECK(has_object(list, versions[i].object));
	}
	CHECK(root.data + root.len == (const uint8_t *)list + list->len);
	CHECK(list->attributes_len == 0);
}

/* The list as a payload, its root named by the first link. To be freed. */
static struct rdl_span write_list(const struct rdl_object_list *list)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct rdl_span root = rdl_object_list_root(list);
	const char *slash = root.len > 0 ? "/" : "";

	CHECK(out != NULL);
	fprintf(out, "</%.*s%s>;rt=\"oma.lwm2m\";ct=\"", (int)root.len, (const char *)root.data,
		slash);
	for (unsigned i = 0; i < list->format_count; i++)
		fprintf(out, "%u ", rdl_object_list_formats(list)[i]);
	fprintf(out, "\"");
	for (unsigned i = 0; i < list->version_count; i++) {
		struct rdl_object_version version = rdl_object_list_versions(list)[i];

		fprintf(out, ",</%.*s%s%u>;ver=%u.%u", (int)root.len, (const char *)root.data,
			slash, version.object, version.major, version.minor);
	}
	for (unsigned i = 0; i < list->link_count; i++) {
		rdl_object_link link = rdl_object_list_links(list)[i];

		fprintf(out, ",</%.*s%s%u", (int)root.len, (const char *)root.data, slash,
			link >> 16);
		if ((link & 0xffff) != RDL_ID_NONE)
			fprintf(out, "/%u", link & 0xffff);
		fprintf(out, ">");
	}
	CHECK(fclose(out) == 0);
	return (struct rdl_span){ (const uint8_t *)text, len };
}

static void check_read_again(const struct rdl_object_list *list)
{
	struct rdl_span text = write_list(list);
	struct list again = read_list(text, (struct rdl_span){ NULL, 0 });

	CHECK(again.status == RDL_OK);
	CHECK(again.at->len == list->len && memcmp(again.at, list, list->len) == 0);
	free(again.at);
	free((void *)(uintptr_t)text.data);
}

/* Kept beside the list: in order, of what is listed, within the bounds. */
static void check_attributes(struct rdl_object_list *list, struct rdl_span payload)
{
	uint32_t before = list->len;
	rdl_object_link link, last = 0;
	struct rdl_span text;
	unsigned count = 0;

	rdl_object_keep_attributes(list, 2 * payload.len + 64, payload);
	CHECK(list->len == before + list->attributes_len);
	CHECK(list->attributes_len <= RDL_ATTRIBUTES_MAX);
	for (struct rdl_span rest = rdl_object_list_attributes(list);
		rdl_object_attributes_next(&rest, &link, &text); last = link) {
		CHECK(count++ == 0 || last < link);
		CHECK(text.len > 0 && text.data + text.len <= (const uint8_t *)list + list->len);
		CHECK(link == RDL_ATTRIBUTES_ROOT || has_object(list, (uint16_t)(link >> 16)));
	}
	CHECK(count <= RDL_ATTRIBUTES_LINKS);
}

/* Steps over all of it; the offset at the end or of the offence. */
static enum rdl_status walk(struct rdl_span payload, size_t *offset)
{
	struct rdl_links links = rdl_links(payload);
	struct rdl_link_attribute a;
	struct rdl_span target;
	int more;

	while ((more = rdl_link_next(&links, &target)) > 0) {
		CHECK(target.len > 0 && inside(payload, target.data, target.len));
		while (rdl_link_attribute_next(&links, &a) > 0) {
			CHECK(a.name.len > 0 && inside(payload, a.name.data, a.name.len));
			CHECK(!a.has_value || inside(payload, a.value.data, a.value.len));
			CHECK(a.has_value || !a.quoted);
		}
	}
	*offset = rdl_link_offset(&links);
	CHECK(*offset <= payload.len);
	if (more < 0) {
		CHECK(rdl_link_next(&links, &target) == RDL_MALFORMED);
		CHECK(rdl_link_attribute_next(&links, &a) == RDL_MALFORMED);
		return RDL_MALFORMED;
	}
	CHECK(*offset == payload.len);
	return RDL_OK;
}

/* A server that knows object 1 in two versions, one instance of object 3, and any 5. */
static const struct rdl_policy *some_policy(void)
{
	static const struct rdl_policy_version versions[] = { { 1, 0 }, { 1, 1 } };
	static const struct rdl_policy_object objects[] = {
		{ .id = 0, .multiple = true, .any_version = true },
		{ .id = 1, .multiple = true, .version_count = 2, .versions = versions },
		{ .id = 3, .version_count = 1, .versions = versions },
		{ .id = 5, .multiple = true, .any_version = true },
	};
	static const struct rdl_policy_config config = {
		.version = { 1, 2 },
		.max_links = 64,
		.object_count = RDL_ARRAY_LEN(objects),
		.objects = objects,
	};
	static struct rdl_policy *policy;

	if (policy == NULL)
		policy = rdl_policy_create(&config);
	CHECK(policy != NULL);
	return policy;
}

static void check_filter(struct rdl_span payload, struct rdl_span root, const struct list *all)
{
	size_t memory_len = 2 * payload.len + 64;
	struct rdl_object_list *list = fuzz_alloc(memory_len);
	const struct rdl_policy_question question = { payload, root, 1, false };
	const struct rdl_cursor scratch = rdl_cursor(list, memory_len);
	struct rdl_ignored_counts ignored = { { 0 } };
	uint32_t detail = 0;
	enum rdl_reason reason =
		rdl_policy_objects(some_policy(), &question, &scratch, &ignored, &detail);

	if (all->status != RDL_OK && reason != RDL_REASON_links_too_many)
		CHECK(reason == RDL_REASON_link_syntax && detail == all->offset);
	if (reason == RDL_REASON_NONE) {
		const rdl_object_link *links = rdl_object_list_links(list);

		check_canonical(list);
		check_read_again(list);
		for (unsigned i = 0; i < list->link_count; i++) {
			unsigned object = links[i] >> 16, instance = links[i] & 0xffff;

			CHECK(object == 1 || object == 3 || object == 5);
			CHECK(object != 3 || instance == 0 || instance == RDL_ID_NONE);
			CHECK(has_object(all->at, (uint16_t)object));
		}
	}
	free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rdl_span roots[] = { { NULL, 0 }, RDL_SPAN("lwm2m") };
	struct rdl_span payload = { data, size };
	size_t offset;

	if (size > UINT16_MAX)
		return 0;
	enum rdl_status status = walk(payload, &offset);
	for (size_t i = 0; i < RDL_ARRAY_LEN(roots); i++) {
		struct list list = read_list(payload, roots[i]);

		CHECK(list.status == status);
		CHECK(status == RDL_OK || list.offset == offset);
		if (status == RDL_OK) {
			check_canonical(list.at);
			check_read_again(list.at);
			check_attributes(list.at, payload);
		}
		check_filter(payload, roots[i], &list);
		free(list.at);
	}
	return 0;
}
