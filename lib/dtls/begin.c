/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes begun, and what goes to their handshakers, each network having its share. */
#include "internal.h"

#include <assert.h>

static uint64_t network_of(const struct rdl_dtls *dtls, const struct rdl_peer *peer)
{
	struct rdl_span prefix = rdl_peer_prefix(peer);

	return rdl_siphash(&dtls->config.address_key, prefix.data, prefix.len);
}

static uint32_t *parcels_of(struct rdl_dtls *dtls, const struct rdl_peer *peer)
{
	return &dtls->parcels.out[network_of(dtls, peer) % RDL_DTLS_PARCEL_COUNTS];
}

bool rdl_dtls_parcel_out(struct rdl_dtls *dtls, const struct rdl_peer *peer)
{
	uint32_t *out = parcels_of(dtls, peer);

	if (*out >= dtls->parcels.share) {
		dtls->counts.withheld++;
		return false;
	}
	++*out;
	return true;
}

void rdl_dtls_parcel_back(struct rdl_dtls *dtls, const struct rdl_peer *peer)
{
	uint32_t *out = parcels_of(dtls, peer);

	assert(*out > 0);
	--*out;
}

/* Ends a handshake because of another, and returns its name. */
static uint64_t evict(struct rdl_dtls *dtls, uint32_t handle, uint64_t *count)
{
	uint64_t name = rdl_dtls_name(dtls, rdl_dtls_at(dtls, handle));

	rdl_dtls_end_handle(dtls, handle);
	++*count;
	return name;
}

static uint64_t add_handshake(
	struct rdl_dtls *dtls, const struct rdl_dtls_session *what, uint64_t network)
{
	uint32_t handle = rdl_dtls_slot_take(dtls);

	/* Only where generations have been used up. */
	if (RDL_UNLIKELY(handle == RDL_DTLS_NONE))
		return 0;
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
	session->state = RDL_DTLS_HANDSHAKE;
	session->address = what->address;
	session->deadline_s = what->deadline_s;
	session->handshake.hello = what->handshake.hello;
	session->handshake.place = rdl_dtls_places_take(&dtls->places, network, handle);
	rdl_dtls_index_put(dtls, handle);
	return rdl_dtls_name(dtls, session);
}

/*
 * The handshake that this Hello has begun. One that has been finished lately, too: a copy that was
 * late must not stand before a session whose peer may miss the last flight.
 *
 * A client whose cookie became too old, or which was sent a HelloVerifyRequest because of somebody
 * else, says its Hello with the next number, and waits for a ServerHello with that one: it is to
 * begin anew. A Hello with an earlier number is a late copy.
 */
static struct rdl_dtls_session *begun_by(struct rdl_dtls *dtls, uint64_t address, uint64_t hello,
	struct rdl_dtls_session *under_way, uint32_t now_s)
{
	struct rdl_dtls_session *open;

	if (under_way != NULL && rdl_dtls_hello_same_random(under_way->handshake.hello, hello) &&
		hello <= under_way->handshake.hello) {
		under_way->handshake.anew = false;
		return under_way;
	}
	open = rdl_dtls_find_address(dtls, address, RDL_DTLS_OPEN);
	return open != NULL && open->hello == (uint32_t)hello && rdl_dtls_is_young(open, now_s) &&
			       !rdl_dtls_is_over(dtls, open, now_s)
		       ? open
		       : NULL;
}

void rdl_dtls_begins_anew(struct rdl_dtls *dtls, uint64_t address, uint64_t hello)
{
	struct rdl_dtls_session *under_way =
		rdl_dtls_find_address(dtls, address, RDL_DTLS_HANDSHAKE);

	if (under_way != NULL && !rdl_dtls_hello_same_random(under_way->handshake.hello, hello))
		under_way->handshake.anew = true;
}

bool rdl_dtls_wants_flights(struct rdl_dtls *dtls, uint64_t name)
{
	const struct rdl_dtls_session *session = rdl_dtls_find(dtls, name);

	if (session == NULL || session->state != RDL_DTLS_HANDSHAKE || !session->handshake.anew)
		return true;
	dtls->counts.outdated++;
	return false;
}

enum rdl_dtls_begin rdl_dtls_begin(struct rdl_dtls *dtls, const struct rdl_datagram *datagram,
	uint64_t hello, uint32_t now_s, uint64_t *name, uint64_t *evicted)
{
	const struct rdl_dtls_session what = {
		.address = rdl_dtls_address(dtls, datagram),
		.deadline_s = rdl_dtls_deadline(now_s, dtls->config.handshake_s),
		.handshake.hello = hello,
	};
	struct rdl_dtls_session *other =
		rdl_dtls_find_address(dtls, what.address, RDL_DTLS_HANDSHAKE);
	const struct rdl_dtls_session *same = begun_by(dtls, what.address, hello, other, now_s);
	uint64_t network = network_of(dtls, &datagram->peer);
	uint32_t giving_way;

	*name = *evicted = 0;
	if (same != NULL) {
		*name = rdl_dtls_name(dtls, same);
		return RDL_DTLS_GOES_ON;
	}
	if (other != NULL) {
		*evicted = evict(dtls, rdl_dtls_handle(dtls, other), &dtls->counts.replaced);
	} else if (!rdl_dtls_places_ask(&dtls->places, network, &giving_way)) {
		dtls->counts.shed++;
		return RDL_DTLS_SHED;
	} else if (giving_way != RDL_DTLS_NO_PLACE) {
		*evicted = evict(dtls, giving_way, &dtls->counts.crowded);
	}
	*name = add_handshake(dtls, &what, network);
	dtls->counts.handshakes = dtls->places.used;
	if (*name == 0) {
		dtls->counts.shed++;
		return RDL_DTLS_SHED;
	}
	dtls->counts.begun++;
	return RDL_DTLS_BEGUN;
}
