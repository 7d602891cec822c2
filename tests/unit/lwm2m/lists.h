/* SPDX-License-Identifier: BSD-3-Clause */
/* Object lists read into memory that ends at a guard page. */
#ifndef RDL_TEST_LISTS_H
#define RDL_TEST_LISTS_H

#include "support.h"

#include "octets.h"
#include "objects.h"

#define NO_LIMIT UINT32_MAX

/* Reads, sorts and seals. */
static inline enum rdl_status make_list(struct rdl_object_reader *reader, struct rdl_span payload,
	const char *root, uint32_t max_links, struct memory *memory)
{
	enum rdl_status status = rdl_object_read(
		reader, payload, span_of(root), max_links, memory->data, memory->len);

	if (status != RDL_OK)
		return status;
	rdl_object_sort(reader);
	return rdl_object_seal(reader);
}

#endif
