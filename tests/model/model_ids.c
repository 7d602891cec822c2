/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_ids.h"

static struct {
	char (*at)[ID_LEN];
	size_t count, room; /* room is a power of two; half of it is used at the most */
} ids;

/* Its place among them, or the free one that is to be its. */
static size_t id_find(const char *id)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	size_t i;

	for (i = 0; i < ID_LEN; i++)
		hash = (hash ^ (uint8_t)id[i]) * UINT64_C(1099511628211);
	for (i = (hash >> 20) & (ids.room - 1); ids.at[i][0] != '\0'; i = (i + 1) & (ids.room - 1))
		if (memcmp(ids.at[i], id, ID_LEN) == 0)
			break;
	return i;
}

static void ids_grow(void)
{
	char(*old)[ID_LEN] = ids.at;
	size_t old_room = ids.room;

	ids.room = old_room == 0 ? 65536 : 2 * old_room;
	ids.at = calloc(ids.room, sizeof(ids.at[0]));
	CHECK(ids.at != NULL);
	for (size_t i = 0; i < old_room; i++)
		if (old[i][0] != '\0')
			memcpy(ids.at[id_find(old[i])], old[i], ID_LEN);
	free(old);
}

bool id_is_new(const char *id)
{
	if (2 * ids.count >= ids.room)
		ids_grow();
	size_t i = id_find(id);
	if (ids.at[i][0] != '\0')
		return false;
	memcpy(ids.at[i], id, ID_LEN);
	ids.count++;
	return true;
}

size_t ids_count(void)
{
	return ids.count;
}

void ids_end(void)
{
	free(ids.at);
	memset(&ids, 0, sizeof(ids));
}
