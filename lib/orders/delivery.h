/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * delivery: values that a device sent of its own accord: a notification of what is observed
 * (RFC 7641), or a Send (LwM2M 1.1 section 6.4.6).
 */
#ifndef RDL_ORDERS_DELIVERY_H
#define RDL_ORDERS_DELIVERY_H

#include "change.h"
#include "order.h"

/* Octets of a payload, which is what came in one datagram, or of a Send in blocks as much. */
#define RDL_DELIVERY_PAYLOAD_MAX 4096

/* Views hold for the call that it is given to. */
struct rdl_delivery {
	/*
	 * The one that observes, which the endpoint and the caller's name for it are of; NULL: a
	 * Send.
	 */
	const struct rdl_order *order;
	rdl_handle handle; /* of the registration, live */
	uint32_t sequence; /* of its Observe option */
	uint8_t code;
	uint32_t offset; /* octets of the value that were told before: of the same sequence */
	bool more; /* the value is longer: the rest follows, unless the device does not give it */
	uint16_t content_format;
	struct rdl_span payload;
};

#endif
