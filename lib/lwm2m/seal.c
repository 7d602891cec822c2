/* SPDX-License-Identifier: BSD-3-Clause */
/* A filtered object list in its canonical form. */
#include "object_reader.h"

/*
 * Lists mostly come sorted: insertion costs one comparison a link then. A list made to be slow
 * (max_links of them, in reverse) must not be, hence the heap.
 */
#define SMALL 24
#define DEFINE_SORT(name, type)                                                  \
	static void name##_sift(type *a, uint32_t root, uint32_t n)              \
	{                                                                        \
		type value = a[root];                                            \
		for (uint32_t child; (child = 2 * root + 1) < n; root = child) { \
			if (child + 1 < n && a[child] < a[child + 1])            \
				child++;                                         \
			if (a[child] <= value)                                   \
				break;                                           \
			a[root] = a[child];                                      \
		}                                                                \
		a[root] = value;                                                 \
	}                                                                        \
	static void name##_heap(type *a, uint32_t n)                             \
	{                                                                        \
		for (uint32_t i = n / 2; i-- > 0;)                               \
			name##_sift(a, i, n);                                    \
		for (uint32_t last = n - 1; last > 0; last--) {                  \
			type top = a[0];                                         \
			a[0] = a[last];                                          \
			a[last] = top;                                           \
			name##_sift(a, 0, last);                                 \
		}                                                                \
	}                                                                        \
	static void name(type *a, uint32_t n)                                    \
	{                                                                        \
		uint32_t sorted = 1;                                             \
		while (sorted < n && a[sorted - 1] <= a[sorted])                 \
			sorted++;                                                \
		if (sorted >= n)                                                 \
			return;                                                  \
		if (n > SMALL) {                                                 \
			name##_heap(a, n);                                       \
			return;                                                  \
		}                                                                \
		for (uint32_t i = sorted; i < n; i++) {                          \
			type value = a[i];                                       \
			uint32_t j = i;                                          \
			for (; j > 0 && a[j - 1] > value; j--)                   \
				a[j] = a[j - 1];                                 \
			a[j] = value;                                            \
		}                                                                \
	}
DEFINE_SORT(sort_links, rdl_object_link)
DEFINE_SORT(sort_versions, uint64_t)

void rdl_object_sort(struct rdl_object_reader *reader)
{
	sort_links(reader->links, reader->link_count);
	sort_versions(reader->versions, reader->version_count);
}

/* Each link once; a bare object, last of its object's links, only where it has no instances. */
static uint32_t collapse_links(rdl_object_link *links, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		rdl_object_link link = links[i];

		if (kept > 0 &&
			(links[kept - 1] == link || ((link & 0xffff) == RDL_ID_NONE &&
							    links[kept - 1] >> 16 == link >> 16)))
			continue;
		links[kept++] = link;
	}
	return kept;
}

/* Each object once, with the highest of the versions it claims. */
static uint32_t collapse_versions(uint64_t *versions, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (kept > 0 && versions[kept - 1] >> 32 == versions[i] >> 32)
			kept--;
		versions[kept++] = versions[i];
	}
	return kept;
}

/*
 * Content-Formats out of a ct value, each once, the first RDL_FORMATS_MAX of them; an unreadable
 * one counts as absent, whatever is beside it.
 */
static uint16_t read_formats(struct rdl_span ct, uint16_t formats[RDL_FORMATS_MAX])
{
	uint16_t count = 0;
	size_t i = 0;

	while (i < ct.len) {
		uint64_t value;
		size_t start = i;

		while (i < ct.len && ct.data[i] != ' ')
			i++;
		if (i == start) {
			i++; /* more than one space */
			continue;
		}
		if (!rdl_decimal(
			    (struct rdl_span){ ct.data + start, i - start }, UINT64_MAX, &value) ||
			value > UINT16_MAX)
			return 0;
		uint16_t k = 0;
		while (k < count && formats[k] != value)
			k++;
		if (k == count && count < RDL_FORMATS_MAX)
			formats[count++] = (uint16_t)value;
	}
	return count;
}

enum rdl_status rdl_object_seal(struct rdl_object_reader *reader)
{
	struct rdl_object_list *list = reader->list;
	const uint8_t *end = (const uint8_t *)(reader->versions + reader->version_count);
	uint32_t links = collapse_links(reader->links, reader->link_count);
	uint32_t versions = collapse_versions(reader->versions, reader->version_count);

	if (links > UINT16_MAX || versions > UINT16_MAX || reader->root.len > UINT16_MAX)
		return RDL_NO_ROOM;
	uint8_t *behind = (uint8_t *)(reader->links + links);
	struct rdl_cursor out = rdl_cursor(behind, (size_t)(end - behind));
	for (uint32_t i = 0; i < versions; i++) {
		/*
		 * May overwrite this version, never one that is still to be read:
		 * six octets for eight.
		 */
		uint64_t packed = reader->versions[i];
		struct rdl_object_version version = { (uint16_t)(packed >> 32),
			(uint16_t)(packed >> 16), (uint16_t)packed };
		rdl_cursor_bytes(&out, &version, sizeof(version));
	}
	uint16_t formats[RDL_FORMATS_MAX];
	uint16_t format_count = read_formats(reader->formats, formats);
	rdl_cursor_bytes(&out, formats, format_count * sizeof(formats[0]));
	rdl_cursor_bytes(&out, reader->root.data, reader->root.len);
	if (out.failed)
		return RDL_NO_ROOM;
	*list = (struct rdl_object_list){
		.len = (uint32_t)(out.pos - (const uint8_t *)list),
		.link_count = (uint16_t)links,
		.version_count = (uint16_t)versions,
		.format_count = format_count,
		.root_len = (uint16_t)reader->root.len,
	};
	return RDL_OK;
}
