/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly of IP fragments (librte_ip_frag): a table for each queue, bounded in number and time. */
/* For one function of librte_ip_frag, the same since 2018. */
#define ALLOW_EXPERIMENTAL_API
#include "internal.h"

#include <rte_cycles.h>
#include <rte_ether.h>

#define BUCKET_ENTRIES 4
/* Shorter than a kernel's: who sends in fragments sends them together. */
#define REASSEMBLY_S 10

unsigned rdl_fragments_entries(unsigned entries)
{
	unsigned buckets = 1;

	if (entries == 0)
		return 0;
	while (buckets * BUCKET_ENTRIES < entries)
		buckets *= 2;
	return buckets * BUCKET_ENTRIES;
}

int rdl_fragments_create(struct fragments *fragments, unsigned entries, int socket_id)
{
	entries = rdl_fragments_entries(entries);
	fragments->table = rte_ip_frag_table_create(entries / BUCKET_ENTRIES, BUCKET_ENTRIES,
		entries, REASSEMBLY_S * rte_get_tsc_hz(), socket_id);
	return fragments->table == NULL ? -1 : 0;
}

void rdl_fragments_destroy(struct fragments *fragments)
{
	if (fragments->table != NULL)
		rte_ip_frag_table_destroy(fragments->table);
}

static struct rte_mbuf *reassemble(
	struct fragments *fragments, struct rte_mbuf *m, const struct rdl_frame *frame)
{
	uint8_t *ip = frame->data + frame->l2_len;
	uint64_t now = rte_rdtsc();

	m->l2_len = frame->l2_len & 0x7fu;
	m->l3_len = frame->l3_len;
	if (ip[0] >> 4 == 4)
		return rte_ipv4_frag_reassemble_packet(fragments->table, &fragments->dead, m, now,
			(struct rte_ipv4_hdr *)(void *)ip);
	m->l3_len = sizeof(struct rte_ipv6_hdr) + sizeof(struct rte_ipv6_fragment_ext);
	return rte_ipv6_frag_reassemble_packet(fragments->table, &fragments->dead, m, now,
		(struct rte_ipv6_hdr *)(void *)ip,
		(struct rte_ipv6_fragment_ext *)(void *)(ip + sizeof(struct rte_ipv6_hdr)));
}

struct rdl_frame *rdl_pktio_reassemble(
	struct rdl_pktio *pktio, unsigned queue, struct rdl_frame *frame, unsigned *dropped)
{
	struct fragments *fragments = &pktio->fragments[queue];
	struct rte_mbuf *m = rdl_pktio_mbuf(frame);
	uint8_t port = frame->port;

	/* An IPv6 fragment header behind other extension headers: not what any sender of ours does. */
	if (frame->l3_len == 0) {
		rte_pktmbuf_free(m);
		(*dropped)++;
		return NULL;
	}
	m = reassemble(fragments, m, frame);
	*dropped += fragments->dead.cnt;
	rte_ip_frag_free_death_row(&fragments->dead, 0);
	if (m == NULL)
		return NULL;
	if (rte_pktmbuf_linearize(m) != 0) {
		rte_pktmbuf_free(m);
		(*dropped)++;
		return NULL;
	}
	rdl_pktio_view(pktio, port, m);
	frame = rte_mbuf_to_priv(m);
	/* Each fragment's header was verified; the whole one's checksum is left to be made. */
	frame->flags |= RDL_FRAME_IP_CHECKSUM_GOOD;
	/* What the port said of the first fragment is no verdict on the whole datagram. */
	frame->flags &= (uint8_t) ~(RDL_FRAME_L4_CHECKSUM_GOOD | RDL_FRAME_L4_CHECKSUM_BAD);
	return frame;
}

unsigned rdl_pktio_forget_fragments(struct rdl_pktio *pktio, unsigned queue, uint64_t tsc)
{
	struct fragments *fragments = &pktio->fragments[queue];

	if (fragments->table == NULL)
		return 0;
	rte_ip_frag_table_del_expired_entries(fragments->table, &fragments->dead, tsc);
	unsigned dropped = fragments->dead.cnt;
	rte_ip_frag_free_death_row(&fragments->dead, 0);
	return dropped;
}
