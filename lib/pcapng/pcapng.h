/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcapng: a file of captured packets (draft-ietf-opsawg-pcapng), a block at a time, into a cursor:
 * first a section, then its interfaces, then packets, and at last what became of each interface.
 *
 * Pure: no allocation, no state, any thread.
 */
#ifndef RDL_PCAPNG_H
#define RDL_PCAPNG_H

#include "base.h"

/* No text of an option is longer: what is beyond it is left out, at a character's end. */
#define RDL_PCAPNG_TEXT_MAX 2048
/* No block with so many octets of packet and of texts is longer. */
#define RDL_PCAPNG_BLOCK_MAX(packet, texts) ((packet) + (texts) + 128)

/* Begins the file. `application` is what wrote it. */
void rdl_pcapng_section(struct rdl_cursor *out, const char *application);

/*
 * One more interface, of Ethernet: the first is number 0. Packets have at most `snap` octets; of
 * all interfaces the same, or some readers refuse the file.
 */
void rdl_pcapng_interface(
	struct rdl_cursor *out, const char *name, const char *description, uint32_t snap);

struct rdl_pcapng_packet {
	uint32_t interface;
	bool outbound;
	uint64_t time_ns; /* since 1970 */
	struct rdl_span octets;
	uint32_t whole_len; /* as it was, of which `octets` may be a part */
	struct rdl_span comment; /* UTF-8; empty: none */
};
void rdl_pcapng_packet(struct rdl_cursor *out, const struct rdl_pcapng_packet *packet);

/* Of an interface, behind its packets: those there were, and those that were lost. */
struct rdl_pcapng_statistics {
	uint32_t interface;
	uint64_t time_ns; /* since 1970 */
	uint64_t captured, lost;
};
void rdl_pcapng_statistics(struct rdl_cursor *out, const struct rdl_pcapng_statistics *statistics);

#endif
