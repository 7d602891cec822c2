/* SPDX-License-Identifier: BSD-3-Clause */
/* request: what a worker has made of a message, and hands over. */
#ifndef RDL_LWM2M_REQUEST_H
#define RDL_LWM2M_REQUEST_H

#include "endpoint.h"
#include "location.h"
#include "net.h"
#include "object_list.h"
#include "reason.h"
#include "values.h"

enum rdl_operation {
	RDL_OPERATION_REGISTER,
	RDL_OPERATION_UPDATE,
	RDL_OPERATION_DEREGISTER,
	RDL_OPERATION_OTHER, /* to a location, by a method that it does not have */
};

/* What an Update names (a Register always has all). */
#define RDL_GIVES_LIFETIME 0x01
#define RDL_GIVES_BINDING 0x02
#define RDL_GIVES_PARAMETERS 0x04
#define RDL_GIVES_OBJECTS 0x08
/*
 * The payload, not read yet: the root of its list is an alternate path, which the registration
 * knows and the message does not say. The shard reads it.
 */
#define RDL_GIVES_PAYLOAD 0x10
#define RDL_GIVES_BLOCK 0x20 /* a block that is not the last: 2.31, and nothing else */
#define RDL_GIVES_QUEUE 0x40 /* the parameter `Q` */
#define RDL_GIVES_IDENTITY \
	0x80 /* `ep` or `lwm2m`, which must be the registration's: endpoint and minor */

/*
 * A decided request, between worker and shard. Lives beside its packet; views point into the
 * packet, into its scratch behind it, or into what its worker knows and keeps meanwhile. The worker
 * that received it fills it; the shard reads it, and leaves its answer in it: a code, and of a
 * Register the location. Never touched by two cores at once.
 */
struct rdl_request {
	/* The first line is all that most Updates and De-registers take from core to core. */
	/* enum rdl_operation. What crosses a link begins with its kind, whatever it is. */
	uint8_t operation;
	uint8_t reason; /* enum rdl_reason: the worker's verdict, or else the shard's */
	uint8_t code; /* the answer: RDL_COAP_*; 0: none, the request is shed */
	uint8_t gives; /* RDL_GIVES_* */
	/* LwM2M minor version of a Register; RDL_GIVES_IDENTITY: RDL_MINOR_NONE when not said */
	uint8_t minor;
	bool non; /* came as a non-confirmable message */
	uint8_t endpoint_len; /* of a Register; RDL_GIVES_IDENTITY: 0 when not said */
	struct rdl_local local; /* where and how it reached us */
	struct rdl_peer peer;
	uint32_t identity; /* whose secure session it came in; 0: none's */
	/*
	 * Of a Register and an Update in a secure session, when answered: so long, from then on, is
	 * its registration kept; 0: no longer.
	 */
	union {
		uint32_t lifetime_s;
		uint8_t shed; /* when shed: what the shard has counted it as, enum rdl_stat */
	};
	rdl_binding binding;
	/* seeded digest of source and datagram: what a retransmission is known by; never 0 */
	uint64_t exchange;
	union {
		struct rdl_endpoint_digest digest; /* Register, until it is answered */
		struct rdl_location location; /* the others; of a Register, the answer */
	};

	/* Register, RDL_GIVES_IDENTITY: rdl_request_endpoint() */
	union {
		uint8_t here[RDL_NAME_INLINE]; /* zeros behind it */
		const uint8_t *elsewhere; /* a longer one */
	} name;
	union {
		/* RDL_GIVES_OBJECTS */
		struct {
			const struct rdl_object_list *objects;
			uint64_t digest; /* rdl_object_list_digest(), or 0: not made yet */
		} list;
		struct rdl_span payload; /* RDL_GIVES_PAYLOAD */
		struct rdl_detail detail; /* of a refusal, whose reason says whether it has one */
	};
	/*
	 * RDL_GIVES_PARAMETERS, else empty: sms and the extra parameters, each one octet of length
	 * and `key[=value]`
	 */
	struct rdl_span parameters;
	/*
	 * Of one in a secure session: that; when answered, the one that its registration lived by
	 * before, or 0. In clear text it says nothing.
	 */
	uint64_t session;
};
_Static_assert(offsetof(struct rdl_request, operation) == 0, "a message begins with its kind");
_Static_assert(offsetof(struct rdl_request, name) == RDL_CACHE_LINE, "an Update takes one line");
_Static_assert(sizeof(struct rdl_request) <= 2 * RDL_CACHE_LINE, "a Register takes two");

static inline struct rdl_span rdl_request_endpoint(const struct rdl_request *request)
{
	bool here = request->endpoint_len <= RDL_NAME_INLINE;

	return (struct rdl_span){ here ? request->name.here : request->name.elsewhere,
		request->endpoint_len };
}

/* `endpoint`, of 1 to RDL_ENDPOINT_MAX octets, stays where it is when it is long. */
static inline void rdl_request_set_endpoint(struct rdl_request *request, struct rdl_span endpoint)
{
	uint64_t words[RDL_NAME_INLINE / 8] = { 0 };
	size_t whole = endpoint.len / 8;

	request->endpoint_len = (uint8_t)endpoint.len;
	if (endpoint.len > RDL_NAME_INLINE) {
		request->name.elsewhere = endpoint.data;
		return;
	}
	for (size_t i = 0; i < whole; i++)
		memcpy(&words[i], endpoint.data + 8 * i, 8);
	if (endpoint.len % 8 != 0)
		words[whole] = rdl_tail_word(endpoint.data + endpoint.len, endpoint.len);
	memcpy(request->name.here, words, sizeof(words));
}

#endif
