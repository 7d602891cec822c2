/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_requests.h"

#include <arpa/inet.h>

const char *const extra_names[EXTRAS + 2] = { "imei", "x", "note", "k", "k2", "kk", "y", "z", "apn",
	"imsi", "icc", "ctm", "chip", "sv", "mod", "epi", "et", "d", "mccv", "e", "lwm2m", "ep" };
struct source sources[SOURCES];

void value_make(uint32_t number, char value[VALUE_MAX])
{
	size_t len = number >= FAT_VALUE ? 210 + number % 40 : number % 12;

	for (size_t i = 0; i < len; i++)
		value[i] = (char)('a' + (number >> i % 16) % 23);
	value[len] = '\0';
}

void sms_make(uint32_t number, char value[VALUE_MAX])
{
	snprintf(value, VALUE_MAX, number % 2 == 0 ? "+%" PRIu32 : "sip:%" PRIu32, number);
}

const struct sent *at_hand;

void explain(void)
{
	static const char *const names[] = { "Register", "Update", "De-register", "other method",
		"other" };
	const struct sent *q = at_hand;

	if (q == NULL)
		return;
	print_error("# request %" PRIx64 ", endpoint %u, %s, session %u, source %s %u, place %s, "
		    "refusal %s\n",
		q->known_by, q->endpoint, names[q->what], q->session, sources[q->source].text,
		sources[q->source].port, q->place.id,
		q->refusal != NULL ? q->refusal->text : "none");
	print_octets("message", q->octets, q->len);
}

void script_drop(struct script *script)
{
	if (script != NULL && --script->references == 0)
		free(script);
}

struct sent *sent_hold(struct sent *q)
{
	q->references++;
	return q;
}

void sent_drop(struct sent *q)
{
	if (q == NULL || --q->references > 0)
		return;
	script_drop(q->script);
	free(q);
}

void identify(struct sent *q)
{
	unsigned from = q->session != 0 ? SOURCES + q->session : q->source;

	q->known_by = (UINT64_C(14695981039346656037) ^ from) * UINT64_C(1099511628211);
	for (size_t i = 0; i < q->len; i++)
		q->known_by = (q->known_by ^ q->octets[i]) * UINT64_C(1099511628211);
}

struct sent *sent_new(const struct sent *head, const void *octets, size_t len)
{
	struct sent *q = malloc(sizeof(*q) + len);

	CHECK(q != NULL);
	memcpy(q, head, sizeof(*q));
	q->references = 1;
	q->len = len;
	memcpy(q->octets, octets, len);
	identify(q);
	if (q->script != NULL)
		q->script->references++;
	return q;
}

uint32_t block_value(const struct sent *q)
{
	return q->num << 4 | (uint32_t)q->more << 3 | q->szx;
}

void make_sources(void)
{
	for (unsigned i = 0; i < SOURCES; i++) {
		struct source *s = &sources[i];

		if (i % 3 == 0)
			snprintf(s->text, sizeof(s->text), "2001:db8:7::%x", i + 1);
		else
			snprintf(s->text, sizeof(s->text), "10.7.%u.%u", i >> 4, 1 + (i & 15));
		s->to = i % 3 == 0 ? GATEWAY6 : i % 3 == 1 ? GATEWAY4 : GATEWAY4_TOO;
		s->local.address = i % 3 == 2;
		if (i % 5 == 4) {
			s->tags = "8100 00a5";
			s->local.vlan = 0xa5;
		}
		s->port = (uint16_t)(1024 + i % 7);
		s->next_id = (uint16_t)dice(65536);
		if (i % 3 == 0) {
			CHECK(inet_pton(AF_INET6, s->text, s->address) == 1);
		} else {
			s->address[10] = s->address[11] = 0xff;
			CHECK(inet_pton(AF_INET, s->text, s->address + 12) == 1);
		}
	}
}
