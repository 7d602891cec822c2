/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The devices' side of the network: one socket, each message with its own source address
 * (IP_PKTINFO), in batches of recvmmsg() and sendmmsg(). A socket for each source would need a
 * system call for each message. Where an interface was named, frames leave by a second one.
 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFERS (256 << 20) /* of the kernel for us, each way */
#define SEND_TRIES 5000

#define CONTROL CMSG_SPACE(sizeof(struct in_pktinfo))

struct side {
	struct mmsghdr headers[LOAD_BATCH];
	struct iovec pieces[LOAD_BATCH][2]; /* what stands before the message, if anything; it */
	struct sockaddr_in names[LOAD_BATCH];
	_Alignas(struct cmsghdr) uint8_t controls[LOAD_BATCH][CONTROL];
	uint8_t messages[LOAD_BATCH][LOAD_MESSAGE_MAX];
};

struct load_wire {
	const struct load *load;
	int fd, out_fd; /* the same where no frames are sent */
	uint16_t port; /* ours, network order */
	unsigned pending; /* messages in `out` */
	uint32_t sources[LOAD_BATCH];
	uint8_t heads[LOAD_BATCH][LOAD_HEAD];
	struct side in, out;
};

static void prepare(struct side *side, const struct sockaddr_in *name)
{
	for (unsigned i = 0; i < LOAD_BATCH; i++) {
		struct msghdr *header = &side->headers[i].msg_hdr;

		side->names[i] = *name;
		side->pieces[i][1] = (struct iovec){ side->messages[i], LOAD_MESSAGE_MAX };
		*header = (struct msghdr){
			.msg_name = &side->names[i],
			.msg_namelen = sizeof(side->names[i]),
			.msg_iov = &side->pieces[i][1],
			.msg_iovlen = 1,
			.msg_control = side->controls[i],
			.msg_controllen = CONTROL,
		};
		struct cmsghdr *c = CMSG_FIRSTHDR(header);
		c->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
	}
}

/* Beyond the system's limit for those who may. */
static void widen(int fd, int forced, int plain)
{
	int octets = BUFFERS;

	if (setsockopt(fd, SOL_SOCKET, forced, &octets, sizeof(octets)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, plain, &octets, sizeof(octets));
}

/* Messages go out with all their headers before them. */
static bool send_frames(struct load_wire *wire, struct load *load)
{
	struct sockaddr_in own;
	socklen_t len = sizeof(own);

	wire->out_fd = load_frames_open(load, wire->fd);
	if (wire->out_fd < 0)
		return false;
	widen(wire->out_fd, SO_SNDBUFFORCE, SO_SNDBUF);
	(void)getsockname(wire->fd, (struct sockaddr *)&own, &len);
	wire->port = own.sin_port;
	for (unsigned i = 0; i < LOAD_BATCH; i++) {
		wire->out.pieces[i][0] = (struct iovec){ wire->heads[i], LOAD_HEAD };
		wire->out.headers[i].msg_hdr =
			(struct msghdr){ .msg_iov = wire->out.pieces[i], .msg_iovlen = 2 };
	}
	return true;
}

struct load_wire *load_wire_open(struct load *load)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	struct load_wire *wire = calloc(1, sizeof(*wire));
	int on = 1;

	if (wire == NULL) {
		fprintf(stderr, "load: out of memory\n");
		return NULL;
	}
	wire->load = load;
	wire->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (wire->fd < 0 || bind(wire->fd, (struct sockaddr *)&any, sizeof(any)) != 0 ||
		setsockopt(wire->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) != 0) {
		perror("load: socket");
		load_wire_close(wire);
		return NULL;
	}
	widen(wire->fd, SO_RCVBUFFORCE, SO_RCVBUF);
	widen(wire->fd, SO_SNDBUFFORCE, SO_SNDBUF);
	prepare(&wire->in, &any);
	prepare(&wire->out, &load->server);
	wire->out_fd = wire->fd;
	if (load->device != NULL && !send_frames(wire, load)) {
		load_wire_close(wire);
		return NULL;
	}
	return wire;
}

void load_wire_close(struct load_wire *wire)
{
	if (wire == NULL)
		return;
	if (wire->out_fd >= 0 && wire->out_fd != wire->fd)
		(void)close(wire->out_fd);
	if (wire->fd >= 0)
		(void)close(wire->fd);
	free(wire);
}

uint8_t *load_wire_message(struct load_wire *wire, uint32_t source)
{
	const struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(source) };

	wire->sources[wire->pending] = source;
	if (wire->out_fd == wire->fd)
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&wire->out.headers[wire->pending].msg_hdr)), &info,
			sizeof(info));
	return wire->out.messages[wire->pending];
}

void load_wire_add(struct load_wire *wire, size_t len)
{
	unsigned i = wire->pending;

	wire->out.pieces[i][1].iov_len = len;
	if (wire->out_fd != wire->fd)
		load_frame_head(wire->load, wire->port, wire->sources[i],
			(struct rdl_span){ wire->out.messages[i], len }, wire->heads[i]);
	if (++wire->pending == LOAD_BATCH)
		load_wire_flush(wire);
}

/* Waits where the kernel wants it; what it then does not take counts as lost on the way. */
void load_wire_flush(struct load_wire *wire)
{
	unsigned sent = 0;

	for (unsigned tries = 0; sent < wire->pending && tries < SEND_TRIES; tries++) {
		int n = sendmmsg(wire->out_fd, wire->out.headers + sent, wire->pending - sent, 0);

		if (n > 0) {
			sent += (unsigned)n;
			continue;
		}
		if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR) {
			perror("load: sendmmsg");
			exit(1);
		}
		struct pollfd room = { .fd = wire->out_fd, .events = POLLOUT };
		(void)poll(&room, 1, 1);
	}
	wire->pending = 0;
}

void load_wire_wait(struct load_wire *wire)
{
	struct pollfd in = { .fd = wire->fd, .events = POLLIN };

	(void)poll(&in, 1, 1);
}

static uint32_t came_to(const struct msghdr *header)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(header);
	struct in_pktinfo info = { 0 };

	if (c != NULL && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
		memcpy(&info, CMSG_DATA(c), sizeof(info));
	return ntohl(info.ipi_addr.s_addr);
}

unsigned load_wire_receive(struct load_wire *wire, struct load_datagram datagrams[LOAD_BATCH])
{
	struct side *in = &wire->in;

	for (unsigned i = 0; i < LOAD_BATCH; i++) {
		in->headers[i].msg_hdr.msg_namelen = sizeof(in->names[i]);
		in->headers[i].msg_hdr.msg_controllen = CONTROL;
	}
	int n = recvmmsg(wire->fd, in->headers, LOAD_BATCH, MSG_DONTWAIT, NULL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		perror("load: recvmmsg");
		exit(1);
	}
	for (int i = 0; i < n; i++)
		datagrams[i] = (struct load_datagram){
			.octets = { in->messages[i], in->headers[i].msg_len },
			.from = in->names[i],
			.to = came_to(&in->headers[i].msg_hdr),
		};
	return n > 0 ? (unsigned)n : 0;
}
