/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines that come out of the log: none is lost, what a buffer has no room for waits. */
#include "stream.h"

/* Behind the last whole line that has room. */
static size_t whole_lines(const uint8_t *lines, size_t len, size_t room)
{
	const uint8_t *end = memrchr(lines, '\n', len < room ? len : room);

	return end != NULL ? (size_t)(end - lines) + 1 : 0;
}

/* True: there is more, and room for it. */
static bool hand_on(struct subscriber *subscriber)
{
	struct rdl_lines_client *client = subscriber->client;
	size_t len, room = subscriber_room(subscriber);
	const uint8_t *lines = recall_lines(subscriber->reader, &len);
	size_t whole = whole_lines(lines, len, room);

	if (recall_is_over(subscriber->reader) && client->out.len == 0)
		client->dead = true;
	if (whole == 0 || !rdl_lines_put(client, lines, whole))
		return false;
	recall_take(subscriber->reader, whole);
	return whole < len;
}

bool stream_recalled(struct feed *feed, bool *more)
{
	bool reads = false;

	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		struct subscriber *subscriber = feed_subscriber(feed, i);

		if (subscriber == NULL || subscriber->reader == NULL || subscriber->client->dead)
			continue;
		reads = true;
		*more |= hand_on(subscriber);
	}
	return reads;
}
