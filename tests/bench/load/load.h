/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * load: devices on a UDP socket. Registers, re-registers, updates and de-registers N endpoints at a
 * server, with a window of requests under way, and checks every answer; answers what the server
 * asks of them. One thread.
 */
#ifndef RDL_LOAD_H
#define RDL_LOAD_H

#include "base.h"

#include <netinet/in.h>

#define LOAD_BATCH 64 /* messages of one system call */
#define LOAD_MESSAGE_MAX 512
#define LOAD_HEAD 42 /* octets of Ethernet, IPv4 and UDP before a message */
#define LOAD_ENDPOINTS_MAX (1u << 28) /* a token names the endpoint, and above it the phase */

/* The first one only where sessions are secure. */
enum load_phase {
	LOAD_HANDSHAKE,
	LOAD_REGISTER,
	LOAD_REREGISTER,
	LOAD_UPDATE,
	LOAD_SERVE, /* Updates of those that the server tells to send one */
	LOAD_DEREGISTER,
	LOAD_PHASES
};

/* A device: the request that it waits for, and where it is registered. */
struct load_endpoint {
	uint64_t sent_ns; /* first transmission */
	uint64_t deadline_ns; /* then it is sent again */
	uint32_t timeout_ms; /* what the next deadline is further off */
	uint16_t mid;
	uint8_t sent : 7; /* transmissions of the request */
	uint8_t waiting : 1;
	uint8_t location_len; /* 0: not registered */
	uint8_t location[40]; /* the Uri-Path options of requests to it */
};
_Static_assert(sizeof(struct load_endpoint) == 64, "one cache line each");

/* What came of a phase. */
struct load_result {
	uint32_t requests, answered;
	uint32_t wrong; /* answers that are not what the request must get */
	uint32_t lost; /* requests without an answer */
	uint64_t retransmitted;
	uint64_t asked; /* requests of the server's that were answered */
	uint64_t late; /* further answers to requests sent more than once */
	uint64_t ns; /* from the first request to the last answer */
	uint32_t *latencies_us; /* of the answered, sorted */
};

struct load {
	struct sockaddr_in server;
	const char *device; /* the interface that frames are sent by; NULL: datagrams are */
	uint8_t ethernet[14]; /* their header */
	uint32_t from; /* first source address, host order */
	uint32_t sources; /* endpoint e comes from address from + e % sources */
	uint32_t count; /* endpoints */
	uint32_t window;
	uint32_t ack_timeout_ms;
	uint32_t seconds; /* most for a phase */

	enum load_phase phase;
	struct load_endpoint *endpoints;
	uint32_t *order; /* endpoints as they are asked in this phase */
	uint16_t *mids; /* next of each source */
	uint64_t random;
	struct load_secure *secure; /* NULL: in clear text */
	struct load_result result;
};

static inline uint32_t load_source(const struct load *load, uint32_t endpoint)
{
	return load->from + endpoint % load->sources;
}

uint64_t load_random(struct load *load);

/* Every endpoint's is as long. */
#define LOAD_NAME_LEN 24
void load_name(uint32_t endpoint, char name[LOAD_NAME_LEN + 1]);

/* The endpoint's request in this phase; returns its length. The same octets each time. */
size_t load_request(const struct load *load, uint32_t endpoint, uint8_t octets[LOAD_MESSAGE_MAX]);

enum load_verdict {
	LOAD_ANSWER, /* to the request of *endpoint, which gets its location */
	LOAD_LATE, /* to a request that was answered or given up before */
	LOAD_WRONG_REQUEST, /* what *endpoint waits for is not this, and will not come */
	LOAD_WRONG, /* nobody's */
	LOAD_TRIGGER, /* the server told *endpoint to send an Update */
	LOAD_NOTHING, /* part of an answer, or of none; a request, answered */
	LOAD_LOST, /* the handshake of *endpoint has taken too long: it is given up */
};
/* Judges a datagram that came for an address; *why is set where it is wrong. */
enum load_verdict load_reply(struct load *load, struct rdl_span datagram,
	const struct sockaddr_in *from, uint32_t to, uint32_t *endpoint, const char **why);

/* The socket, and one batch each way. */
struct load_wire;
struct load_datagram {
	struct rdl_span octets;
	struct sockaddr_in from;
	uint32_t to; /* our address, host order */
};
/* NULL after saying why. */
struct load_wire *load_wire_open(struct load *load);
void load_wire_close(struct load_wire *wire);
/* Adds a message from a source address to the batch to send, which leaves when it is full. */
uint8_t *load_wire_message(struct load_wire *wire, uint32_t source);
void load_wire_add(struct load_wire *wire, size_t len);
void load_wire_flush(struct load_wire *wire);
/* What has come, at most LOAD_BATCH: views until the next call. */
unsigned load_wire_receive(struct load_wire *wire, struct load_datagram datagrams[LOAD_BATCH]);

/* Whether a message is a request. */
bool load_is_asked(struct rdl_span datagram);
/* Answers one that came in a datagram, whose address says to which endpoint. */
enum load_verdict load_asked(struct load *load, struct load_wire *wire, struct rdl_span datagram,
	const struct load_datagram *came, uint32_t *endpoint);

/* Waits for a datagram, a millisecond at most. */
void load_wire_wait(struct load_wire *wire);

/* The socket that frames are sent by, -1 after saying why; `udp` is any other one. */
int load_frames_open(struct load *load, int udp);
/* What stands before a message from an address and a port of ours (network order). */
void load_frame_head(const struct load *load, uint16_t port, uint32_t source,
	struct rdl_span message, uint8_t head[LOAD_HEAD]);

/*
 * DTLS: each device has a session of its own, its name as PSK identity, and the same key. Every
 * device has its own source address. NULL after saying why.
 */
struct load_secure *load_secure_create(
	const struct load *load, struct load_wire *wire, struct rdl_span key);
void load_secure_destroy(struct load_secure *secure);
/* Begins a handshake, or says again what was not answered: as GnuTLS's clock wants it. */
enum load_verdict load_secure_shake(
	struct load_secure *secure, uint32_t endpoint, const char **why);
/* Milliseconds until that is due again. */
uint32_t load_secure_wait_ms(const struct load_secure *secure, uint32_t endpoint);
/* LOAD_ANSWER when the handshake of *endpoint is finished by this datagram. */
enum load_verdict load_secure_shaken(struct load_secure *secure,
	const struct load_datagram *datagram, uint32_t *endpoint, const char **why);
/* Its handshake is finished. */
bool load_secure_is_open(const struct load_secure *secure, uint32_t endpoint);
/* Adds a message to the batch to send, as a record. */
void load_secure_send(struct load_secure *secure, uint32_t endpoint, struct rdl_span message);
/* The message in a datagram: a view until the next call; empty where there is none. */
struct rdl_span load_secure_open(struct load_secure *secure, const struct load_datagram *datagram);

/* One phase over all endpoints that can take part in it: fills load->result. */
void load_run(struct load *load, struct load_wire *wire);

#endif
