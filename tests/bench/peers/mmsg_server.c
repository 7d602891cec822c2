/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A registration interface on a kernel socket, as fast as one is: a single thread, batches of
 * recvmmsg() and sendmmsg(), rdline's own option parser, the table of table.h. What rdline does
 * beyond it (object lists, policy, exchange memory, expiry, counters) it leaves out.
 *
 *   mmsg_server ADDRESS CAPACITY
 */
#include "table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "coap.h"

#define BATCH 64
#define DATAGRAM_MAX 1500
#define BUFFERS (256 << 20)

enum kind { REGISTER, UPDATE, DEREGISTER, REFUSED };

/* One message of a batch. */
struct request {
	enum kind kind;
	uint8_t code; /* of a refusal */
	struct rdl_coap_message message;
	struct table_request parameters;
	struct rdl_span location;
	uint32_t hash;
};

struct batch {
	struct mmsghdr in[BATCH], out[BATCH];
	struct iovec pieces[BATCH];
	struct sockaddr_in peers[BATCH];
	uint8_t messages[BATCH][DATAGRAM_MAX];
	struct request requests[BATCH];
};

/* Which operation a path and a method ask for, or the code of the refusal. */
static void decide(struct request *request, unsigned segments, bool rd, unsigned format)
{
	uint8_t method = request->message.code;

	request->kind = REFUSED;
	if (!rd || segments > 2)
		request->code = RDL_COAP_NOT_FOUND;
	else if (segments == 2 && method == RDL_COAP_DELETE)
		request->kind = DEREGISTER;
	else if (method != RDL_COAP_POST)
		request->code = RDL_COAP_METHOD_NOT_ALLOWED;
	else if (segments == 2)
		request->kind = UPDATE;
	else if (format != RDL_COAP_LINK_FORMAT)
		request->code = RDL_COAP_BAD_REQUEST;
	else
		request->kind = REGISTER;
}

/* False for what gets no answer. */
static bool read_request(struct request *request, struct rdl_span datagram)
{
	struct rdl_coap_option option;
	unsigned segments = 0, format = 0;
	bool rd = false;
	int more;

	if (rdl_coap_parse(datagram, &request->message) != RDL_COAP_MESSAGE ||
		request->message.code == RDL_COAP_EMPTY || request->message.type > RDL_COAP_NON ||
		RDL_COAP_CODE_CLASS(request->message.code) != 0)
		return false;
	struct rdl_coap_options options = rdl_coap_options(&request->message);
	request->parameters = (struct table_request){ 0 };
	request->kind = REFUSED;
	request->code = RDL_COAP_BAD_OPTION;
	while ((more = rdl_coap_option_next(&options, &option)) == 1) {
		const struct rdl_span value = { option.value, option.len };

		if (option.number == RDL_COAP_URI_PATH) {
			if (segments++ == 0)
				rd = rdl_span_equal(value, RDL_SPAN("rd"));
			request->location = value;
		} else if (option.number == RDL_COAP_URI_QUERY) {
			table_parameter(&request->parameters, value);
		} else if (option.number == RDL_COAP_CONTENT_FORMAT && option.len <= 2) {
			format = rdl_coap_uint(&option);
		} else if ((option.number & 1) != 0 && option.number != RDL_COAP_URI_HOST &&
			   option.number != RDL_COAP_URI_PORT) {
			return true;
		}
	}
	if (more != 0)
		return false;
	request->parameters.payload =
		(struct rdl_span){ options.pos, (size_t)(options.end - options.pos) };
	decide(request, segments, rd, format);
	return true;
}

static uint8_t refusal(enum table_status status, uint8_t good)
{
	static const uint8_t codes[] = {
		[TABLE_BAD_REQUEST] = RDL_COAP_BAD_REQUEST,
		[TABLE_TOO_LARGE] = RDL_COAP_REQUEST_ENTITY_TOO_LARGE,
		[TABLE_FULL] = RDL_COAP_CODE(5, 3),
	};

	return status == TABLE_OK ? good : codes[status];
}

/* Performs a request: the answer's code, and *record after a Register. */
static uint8_t act(struct table *table, const struct request *request,
	const struct sockaddr_in *peer, uint32_t now_s, struct table_record **record)
{
	const struct table_request *parameters = &request->parameters;
	struct table_record *found;

	switch (request->kind) {
	case REGISTER:
		return refusal(
			table_register(table, parameters, request->hash, peer, now_s, record),
			RDL_COAP_CREATED);
	case UPDATE:
		found = table_find(table, request->location, now_s);
		return found == NULL ? RDL_COAP_NOT_FOUND
				     : refusal(table_update(found, parameters, peer, now_s),
					       RDL_COAP_CHANGED);
	case DEREGISTER:
		found = table_find(table, request->location, now_s);
		if (found == NULL)
			return RDL_COAP_NOT_FOUND;
		table_remove(table, found);
		return RDL_COAP_DELETED;
	case REFUSED:
	default:
		return request->code;
	}
}

/* Over the request, in its buffer. */
static size_t write_reply(const struct table *table, const struct request *request, uint8_t code,
	const struct table_record *record, uint8_t *buffer)
{
	const struct rdl_coap_message *message = &request->message;
	char location[TABLE_LOCATION_LEN];
	struct rdl_coap_reply reply;

	rdl_coap_reply_begin(&reply, buffer, DATAGRAM_MAX,
		(struct rdl_coap_header){
			message->type == RDL_COAP_CON ? RDL_COAP_ACK : RDL_COAP_NON, code,
			message->token_len, message->message_id });
	if (code == RDL_COAP_CREATED) {
		table_location(table, record, location);
		rdl_coap_reply_option(&reply, RDL_COAP_LOCATION_PATH, "rd", 2);
		rdl_coap_reply_option(&reply, RDL_COAP_LOCATION_PATH, location, sizeof(location));
	}
	return rdl_coap_reply_end(&reply);
}

/*
 * All of a batch are read before the first is performed,
 * so that their places in the index are on their way.
 */
static unsigned serve(struct table *table, struct batch *batch, unsigned count)
{
	static struct timespec now;
	bool readable[BATCH];
	unsigned replies = 0;

	for (unsigned i = 0; i < count; i++) {
		struct request *request = &batch->requests[i];

		readable[i] = read_request(
			request, (struct rdl_span){ batch->messages[i], batch->in[i].msg_len });
		if (readable[i] && request->kind == REGISTER) {
			request->hash = table_hash(table, request->parameters.name);
			table_prefetch(table, request->hash);
		}
	}
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	for (unsigned i = 0; i < count; i++) {
		struct table_record *record = NULL;

		if (!readable[i])
			continue;
		uint8_t code = act(table, &batch->requests[i], &batch->peers[i],
			(uint32_t)now.tv_sec, &record);
		size_t len =
			write_reply(table, &batch->requests[i], code, record, batch->messages[i]);
		if (len == 0)
			continue;
		batch->out[replies] = batch->in[i];
		batch->pieces[i].iov_len = len;
		replies++;
	}
	return replies;
}

static void receive(int fd, struct batch *batch, unsigned *count)
{
	for (unsigned i = 0; i < BATCH; i++) {
		batch->pieces[i] = (struct iovec){ batch->messages[i], DATAGRAM_MAX };
		batch->in[i].msg_hdr = (struct msghdr){
			.msg_name = &batch->peers[i],
			.msg_namelen = sizeof(batch->peers[i]),
			.msg_iov = &batch->pieces[i],
			.msg_iovlen = 1,
		};
	}
	int n = recvmmsg(fd, batch->in, BATCH, MSG_WAITFORONE, NULL);
	*count = n > 0 ? (unsigned)n : 0;
	if (n < 0 && errno != EINTR && errno != ECONNREFUSED) {
		perror("mmsg_server: recvmmsg");
		exit(1);
	}
}

/* What one peer cannot be sent must not keep the others waiting. */
static void send_all(int fd, struct batch *batch, unsigned count)
{
	for (unsigned sent = 0; sent < count;) {
		int n = sendmmsg(fd, batch->out + sent, count - sent, 0);

		sent += n > 0 ? (unsigned)n : 1;
	}
}

static int open_socket(const char *address)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(5683) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), octets = BUFFERS;

	if (fd < 0 || inet_pton(AF_INET, address, &name.sin_addr) != 1 ||
		bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof(octets)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &octets, sizeof(octets)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &octets, sizeof(octets));
	return fd;
}

int main(int argc, char **argv)
{
	static struct batch batch;
	uint64_t capacity = 0;

	if (argc != 3 || !rdl_decimal((struct rdl_span){ (uint8_t *)argv[2], strlen(argv[2]) },
				 UINT32_MAX, &capacity)) {
		fprintf(stderr, "usage: mmsg_server ADDRESS CAPACITY\n");
		return 2;
	}
	struct table *table = table_create((uint32_t)capacity);
	int fd = open_socket(argv[1]);
	if (table == NULL || fd < 0) {
		fprintf(stderr, "mmsg_server: cannot have %s\n",
			fd < 0 ? "the socket" : "a table of that size");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		unsigned count;

		receive(fd, &batch, &count);
		send_all(fd, &batch, serve(table, &batch, count));
	}
}
