/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table: the registrations of the servers that rdline is compared with. All memory is taken and
 * touched at the start; one thread. An index of open addressing by a keyed hash of the name; a
 * location says slot and generation, so that requests to it need no look-up.
 */
#ifndef RDL_PEERS_TABLE_H
#define RDL_PEERS_TABLE_H

#include "base.h"

#include <netinet/in.h>

#define TABLE_LOCATION_LEN 12
#define TABLE_LIFETIME_DEFAULT 86400

struct table_record {
	uint32_t hash;
	uint32_t generation; /* 24 bits */
	uint32_t lifetime_s;
	uint32_t updated_s;
	struct sockaddr_in peer;
	bool live;
	uint8_t name_len, version_len, binding_len, payload_len;
	char name[45];
	char version[3], binding[3];
	uint8_t payload[103];
};
_Static_assert(sizeof(struct table_record) == 192, "three cache lines");

/* A Register's or an Update's parameters: absent ones are empty, payload and lifetime included. */
struct table_request {
	struct rdl_span name, version, binding, lifetime, payload;
};

/* A Uri-Query option; unknown ones are left out. */
void table_parameter(struct table_request *request, struct rdl_span query);

struct table;

/* NULL without memory. */
struct table *table_create(uint32_t capacity);
uint32_t table_hash(const struct table *table, struct rdl_span name);
/* Starts to fetch what a look-up of the hash reads. */
void table_prefetch(const struct table *table, uint32_t hash);

enum table_status { TABLE_OK = 0, TABLE_BAD_REQUEST, TABLE_TOO_LARGE, TABLE_FULL };
/* An endpoint that is there keeps its slot under a new generation. `hash` is the name's. */
enum table_status table_register(struct table *table, const struct table_request *request,
	uint32_t hash, const struct sockaddr_in *peer, uint32_t now_s,
	struct table_record **record);
/* By a location; NULL when it names nothing that lives. */
struct table_record *table_find(struct table *table, struct rdl_span location, uint32_t now_s);
enum table_status table_update(struct table_record *record, const struct table_request *request,
	const struct sockaddr_in *peer, uint32_t now_s);
void table_remove(struct table *table, struct table_record *record);

void table_location(const struct table *table, const struct table_record *record,
	char text[TABLE_LOCATION_LEN]);

#endif
