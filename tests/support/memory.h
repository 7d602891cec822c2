/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory aligned to 8 that ends at a guard page, save up to seven octets that are watched. */
#ifndef RDL_TEST_MEMORY_H
#define RDL_TEST_MEMORY_H

#include "support.h"

struct memory {
	uint8_t *data;
	size_t len, room; /* room: len up to the next 8 */
};

static inline struct memory memory_begin(size_t len)
{
	struct memory memory = { .len = len, .room = (len + 7) / 8 * 8 };

	memory.data = guard_alloc(memory.room);
	memset(memory.data, 0xa5, memory.room);
	return memory;
}

static inline void memory_end(struct memory *memory)
{
	for (size_t i = memory->len; i < memory->room; i++)
		assert_int_equal(memory->data[i], 0xa5);
	guard_free(memory->data, memory->room);
}

#endif
