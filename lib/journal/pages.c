/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "journal_internal.h"

static_assert(RDL_JOURNAL_PAGES_ROOM >= RDL_JOURNAL_GROUP_MAX, "a window holds a group");

bool rdl_journal_pages_init(struct rdl_journal_pages *pages, const struct rdl_journal_disk *disk)
{
	*pages = (struct rdl_journal_pages){
		.disk = disk, .file = RDL_JOURNAL_NONE, .room = RDL_JOURNAL_PAGES_ROOM
	};
	pages->octets = aligned_alloc(RDL_JOURNAL_BLOCK, RDL_JOURNAL_PAGES_ROOM);
	return pages->octets != NULL;
}

void rdl_journal_pages_close(struct rdl_journal_pages *pages)
{
	if (pages->file != RDL_JOURNAL_NONE)
		pages->disk->close(pages->disk->context, pages->file);
	pages->file = RDL_JOURNAL_NONE;
	pages->filled = 0;
}

void rdl_journal_pages_discard(struct rdl_journal_pages *pages)
{
	pages->filled = 0;
}

void rdl_journal_pages_fini(struct rdl_journal_pages *pages)
{
	rdl_journal_pages_close(pages);
	free(pages->octets);
}

int rdl_journal_pages_open(struct rdl_journal_pages *pages, const char *path)
{
	bool buffered;

	rdl_journal_pages_close(pages);
	pages->error = 0;
	int rc = pages->disk->open(pages->disk->context, path, RDL_JOURNAL_READ, &buffered);
	if (rc < 0)
		return rc;
	pages->file = rc;
	return 0;
}

int64_t rdl_journal_pages_length(struct rdl_journal_pages *pages)
{
	return pages->disk->length(pages->disk->context, pages->file);
}

const uint8_t *rdl_journal_pages_get(struct rdl_journal_pages *pages, uint64_t at, size_t len)
{
	if (at >= pages->at && at - pages->at <= pages->filled &&
		len <= pages->filled - (at - pages->at))
		return pages->octets + (at - pages->at);
	size_t room = len > pages->room ? len : pages->room;
	ssize_t n = pages->disk->read(pages->disk->context, pages->file, pages->octets, room, at);
	pages->at = at;
	pages->filled = n < 0 ? 0 : (size_t)n;
	if (n < 0)
		pages->error = (int)n;
	return len <= pages->filled ? pages->octets : NULL;
}

const uint8_t *rdl_journal_pages_group(struct rdl_journal_pages *pages,
	const struct rdl_journal_identity *identity, uint64_t at, struct rdl_journal_group *group)
{
	const uint8_t *octets = rdl_journal_pages_get(pages, at, RDL_JOURNAL_BLOCK);

	if (octets == NULL || !rdl_journal_group_open(octets, identity, group))
		return NULL;
	octets = rdl_journal_pages_get(pages, at, rdl_journal_group_octets(group));
	return octets != NULL && rdl_journal_group_check(octets, group) ? octets : NULL;
}
