/* SPDX-License-Identifier: BSD-3-Clause */
#include "outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

bool rdl_outbox_init(struct rdl_outbox *outbox, size_t room)
{
	*outbox = (struct rdl_outbox){ .octets = malloc(room), .room = room };
	return outbox->octets != NULL;
}

void rdl_outbox_free(struct rdl_outbox *outbox)
{
	free(outbox->octets);
}

bool rdl_outbox_put(struct rdl_outbox *outbox, const void *data, size_t len)
{
	if (len > rdl_outbox_left(outbox))
		return false;
	size_t end = (outbox->at + outbox->len) % outbox->room;
	size_t first = len < outbox->room - end ? len : outbox->room - end;

	memcpy(outbox->octets + end, data, first);
	memcpy(outbox->octets, (const uint8_t *)data + first, len - first);
	outbox->len += len;
	return true;
}

bool rdl_outbox_send(struct rdl_outbox *outbox, int fd)
{
	while (outbox->len > 0) {
		size_t to_end = outbox->room - outbox->at;
		size_t first = outbox->len < to_end ? outbox->len : to_end;
		struct iovec parts[2] = { { outbox->octets + outbox->at, first },
			{ outbox->octets, outbox->len - first } };
		struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
		ssize_t sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
		outbox->sent += (size_t)sent;
		outbox->len -= (size_t)sent;
		outbox->at = outbox->len > 0 ? (outbox->at + (size_t)sent) % outbox->room : 0;
	}
	return true;
}
