/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The input is steps of ten octets: a datagram of a device's, with a good record or one that
 * somebody has touched, from its own address or another one; or one of octets out of the input.
 * They go in bursts as long as the input says. What each session has read is kept here, too, in
 * sets: the verdict of a good record follows, and nothing else may open. Behind the devices there
 * is one whose session is of CBC: what might be a record of that goes to its handshaker.
 */
#include "fuzz.h"

#include "aead.h"
#include "cid.h"
#include "records.h"
#include "sessions.h"

#define DEVICES 8
#define CBC_HOST DEVICES
#define NUMBERS 1024
#define ROOM 160
#define NOW_S 5000
#define HEADER 13
#define STEP 10

enum { TOUCHED = 1, OTHER_HOST = 2, ALERT = 4, TWICE = 8, RAW = 16, DEAD = 32, PADDED = 64 };

struct device {
	uint64_t name, dead; /* of its session, and of the one before */
	uint8_t suite, peer_cid_len;
	bool over, was_read[NUMBERS];
	unsigned newest; /* that was read */
	unsigned host; /* where it was last */
	uint64_t written; /* the next number of ours */
};

/* A datagram on its way, and what it is. */
struct sent {
	struct device *device; /* NULL: there is no good record in it */
	unsigned number, host;
	bool is_alert, has_rest;
	uint8_t *octets;
	uint16_t len, text_len;
};

static struct rdl_dtls *dtls;
static struct rdl_aead *aead;
static struct rdl_speck speck;
static struct device devices[DEVICES];
static struct sent sent[RDL_DTLS_BURST];
static struct rdl_datagram datagrams[RDL_DTLS_BURST];
static unsigned count;
static uint64_t cbc; /* the session at CBC_HOST */

static void *zeroed(size_t len)
{
	void *memory = aligned_alloc(
		RDL_CACHE_LINE, (len + RDL_CACHE_LINE - 1) / RDL_CACHE_LINE * RDL_CACHE_LINE);

	CHECK(memory != NULL);
	return memset(memory, 0, len);
}

static void release(void *context, uint32_t identity)
{
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct rdl_dtls_config config = {
		.workers = 1,
		.handshakers = 1,
		.sessions = 2 * DEVICES,
		.handshakes = DEVICES,
		.parcels = 64,
		.handshake_s = 60,
		.idle_s = 300,
		.address_key = { 1, 2 },
		.cid_key = { 3, 4 },
		.cookie_key = { 5, 6 },
		.release = release,
	};

	rdl_speck_expand(&speck, &config.cid_key);
	aead = rdl_aead_init(zeroed(rdl_aead_memory()));
	dtls = rdl_dtls_init(&config, zeroed(rdl_dtls_memory(&config)));
	CHECK(aead != NULL && dtls != NULL);
	return 0;
}

static struct rdl_datagram from(unsigned host)
{
	return (struct rdl_datagram){
		.peer = { .address = { [10] = 0xff, 0xff, 10, 0, 0, (uint8_t)host }, .port = 5000 }
	};
}

static void fill_key(uint8_t *key, unsigned device, uint8_t way)
{
	memset(key, (int)(device * 16 + way), RDL_DTLS_KEY_MAX);
}

/* Half of the devices have a Connection ID; some of those want one from us. */
static void open_device(unsigned at)
{
	struct device *device = &devices[at];
	struct rdl_datagram datagram = from(at);
	struct rdl_dtls_keys keys = { .suite = at % RDL_DTLS_AEADS, .identity = at };
	uint64_t evicted, dead = device->name;

	*device = (struct device){ .dead = dead, .suite = keys.suite, .host = at, .written = 1 };
	device->was_read[0] = true;
	device->peer_cid_len = keys.peer_cid_len = at < DEVICES / 2    ? RDL_DTLS_NO_CID
						   : at == DEVICES - 1 ? RDL_DTLS_PEER_CID_MAX
								       : 0;
	fill_key(keys.read_key, at, 1);
	fill_key(keys.write_key, at, 2);
	keys.read_sequence = keys.write_sequence = 1;
	CHECK(rdl_dtls_begin(dtls, &datagram, 7, NOW_S - 290, &device->name, &evicted) ==
		RDL_DTLS_BEGUN);
	CHECK(rdl_dtls_establish(dtls, device->name, &keys, NOW_S - 290));
}

static void open_cbc(void)
{
	const struct rdl_dtls_keys keys = {
		.suite = RDL_DTLS_AES_128_CBC, .identity = CBC_HOST, .peer_cid_len = RDL_DTLS_NO_CID
	};
	struct rdl_datagram datagram = from(CBC_HOST);
	uint64_t evicted;

	CHECK(rdl_dtls_begin(dtls, &datagram, 7, NOW_S - 290, &cbc, &evicted) == RDL_DTLS_BEGUN);
	CHECK(rdl_dtls_establish(dtls, cbc, &keys, NOW_S - 290));
}

/*
 * What a tag covers beside the text, in words of the standards (RFC 5246 section 6.2.3.3, RFC 9146
 * section 5.3), of a record that begins at `at`.
 */
static uint8_t additional(const uint8_t *at, unsigned cid_len, uint16_t text_len, uint8_t *to)
{
	unsigned n = 0;

	if (cid_len > 0) {
		memset(to, 0xff, 8);
		memcpy(to + 8, (uint8_t[]){ 25, (uint8_t)cid_len, 25 }, 3);
		memcpy(to + 11, at + 1, 10 + cid_len);
		n = 21 + cid_len;
	} else {
		memcpy(to, at + 3, 8);
		memcpy(to + 8, at, 3);
		n = 11;
	}
	rdl_put_be16(to + n, text_len);
	return (uint8_t)(n + 2);
}

/* A record of the device's; returns its length. */
static unsigned write_record(
	const struct device *device, const uint8_t *op, uint64_t name, unsigned number, uint8_t *to)
{
	bool has_cid = device->peer_cid_len != RDL_DTLS_NO_CID, is_alert = (op[1] & ALERT) != 0;
	unsigned text_len = is_alert ? 2 : op[4] % 48, cid_len = has_cid ? RDL_DTLS_CID_LEN : 0;
	uint8_t key[RDL_DTLS_KEY_MAX], content = is_alert ? 21 : 23;
	uint8_t *text = to + HEADER + cid_len + RDL_DTLS_EXPLICIT_LEN;
	struct rdl_aead_job job = { .key = key, .suite = device->suite, .text = text };

	memcpy(to, (uint8_t[]){ has_cid ? 25 : content, 0xfe, 0xfd, 0, 1 }, 5);
	memset(to + 5, 0, 6);
	rdl_put_be16(to + 9, (uint16_t)number);
	if (has_cid)
		rdl_dtls_cid_write(&speck, name, to + 11);
	memset(text, is_alert ? 0 : op[5], text_len);
	if (has_cid) {
		unsigned padding = (op[1] & PADDED) != 0 ? op[6] % 8 : 0;

		text[text_len++] = content;
		memset(text + text_len, 0, padding);
		text_len += padding;
	}
	if (text_len == 0)
		text[text_len++] = 'x';
	memset(text - 8, op[5], 8);
	rdl_put_be16(text - 10, (uint16_t)(8 + text_len + rdl_dtls_tag_len(job.suite)));
	fill_key(key, (unsigned)(device - devices), 1);
	memcpy(job.nonce + RDL_DTLS_SALT_LEN, text - 8, 8);
	job.len = (uint16_t)text_len;
	job.additional_len = additional(to, cid_len, job.len, job.additional);
	rdl_aead_seal(aead, &job, 1);
	CHECK(job.good);
	return (unsigned)(text + text_len + rdl_dtls_tag_len(job.suite) - to);
}

static void take_step(const uint8_t *op, struct rdl_span *input)
{
	struct device *device = &devices[op[0] % DEVICES];
	struct sent *s = &sent[count];
	uint8_t octets[2 * ROOM];
	unsigned len;

	*s = (struct sent){ .device = device };
	s->number = rdl_get_be16(op + 2) % NUMBERS;
	s->host = (op[1] & OTHER_HOST) != 0 ? op[7] % (DEVICES + 2) : device->host;
	s->is_alert = (op[1] & ALERT) != 0;
	if ((op[1] & RAW) != 0) {
		struct rdl_span raw = fuzz_take(input, op[8] % ROOM);

		memcpy(octets, raw.data, raw.len);
		len = (unsigned)raw.len;
		s->device = NULL;
	} else {
		bool dead = (op[1] & DEAD) != 0 && device->peer_cid_len != RDL_DTLS_NO_CID;

		len = write_record(
			device, op, dead ? device->dead : device->name, s->number, octets);
		s->text_len = (uint16_t)(op[4] % 48);
		if ((op[1] & TOUCHED) != 0)
			octets[op[8] % len] ^= (uint8_t)(1u << op[9] % 8);
		if (dead || (op[1] & TOUCHED) != 0)
			s->device = NULL;
		s->has_rest = (op[1] & TWICE) != 0;
		if (s->has_rest) {
			memcpy(octets + len, octets, len);
			len *= 2;
		}
	}
	s->len = (uint16_t)len;
	s->octets = fuzz_alloc(len);
	memcpy(s->octets, octets, len);
	datagrams[count] = from(s->host);
	datagrams[count].data = s->octets;
	datagrams[count++].len = s->len;
}

/* Sealed under the next number of ours, in the form that the device wants. */
static void check_answer(struct device *device, const struct rdl_dtls_item *item)
{
	unsigned at = (unsigned)(device - devices);
	unsigned cid_len = device->peer_cid_len == RDL_DTLS_NO_CID ? 0 : device->peer_cid_len;
	uint16_t len = (uint16_t)(1 + device->written % 40);
	uint8_t *octets = fuzz_alloc((size_t)item->head + len + item->tail), key[RDL_DTLS_KEY_MAX];
	struct rdl_dtls_seal seal = {
		.session = device->name, .text = octets + item->head, .len = len
	};
	struct rdl_aead_job job = { .key = key, .suite = device->suite, .text = seal.text };

	memset(seal.text, (int)device->written, len);
	rdl_dtls_seal(dtls, &seal, 1);
	CHECK(seal.sealed && octets[0] == (cid_len > 0 ? 25 : 23));
	CHECK(item->head == HEADER + cid_len + RDL_DTLS_EXPLICIT_LEN);
	CHECK(rdl_get_be32(octets + 3) == 0x10000 && rdl_get_be32(octets + 7) == device->written);
	CHECK(memcmp(octets + 3, seal.text - 8, 8) == 0);
	device->written++;
	fill_key(key, at, 2);
	job.len = (uint16_t)(len + (cid_len > 0));
	memcpy(job.nonce + RDL_DTLS_SALT_LEN, seal.text - 8, 8);
	job.additional_len = additional(octets, cid_len, job.len, job.additional);
	rdl_aead_open(aead, &job, 1);
	CHECK(job.good && (cid_len == 0 || job.text[len] == 23));
	CHECK(item->tail == (cid_len > 0) + rdl_dtls_tag_len(device->suite));
	free(octets);
}

static void check_message(struct sent *s, const struct rdl_dtls_item *item)
{
	const struct rdl_span octets = { s->octets, s->len };

	CHECK(inside(octets, item->datagram->data, item->datagram->len));
	CHECK(inside(octets, item->rest, item->rest_len));
	CHECK(item->rest_len == (s->has_rest ? s->len / 2 : 0));
	CHECK(item->datagram->session == s->device->name);
	CHECK(item->datagram->identity == (uint32_t)(s->device - devices));
	CHECK(item->datagram->len == s->text_len || (s->text_len == 0 && item->datagram->len == 1));
}

/* A whole record of application data, or an alert, in epoch 1, without a Connection ID. */
static bool is_for_cbc(const struct sent *s)
{
	const uint8_t *octets = s->octets;

	return s->host == CBC_HOST && s->len >= HEADER && (octets[0] == 23 || octets[0] == 21) &&
	       rdl_get_be16(octets + 1) == 0xfefd && rdl_get_be16(octets + 3) == 1 &&
	       rdl_get_be16(octets + 11) <= s->len - HEADER;
}

/* It is the first one, and as it came. */
static void check_record(const struct sent *s, const struct rdl_dtls_item *item)
{
	const struct rdl_datagram *datagram = item->datagram;

	CHECK(datagram->session == cbc && item->to == 0 && datagram->data == s->octets);
	CHECK(datagram->len == HEADER + rdl_get_be16(s->octets + 11));
	CHECK(item->rest == s->octets + datagram->len && item->rest_len == s->len - datagram->len);
}

/* Without a Connection ID a record is found where its session is, and nowhere else. */
static void check_item(struct sent *s, const struct rdl_dtls_item *item)
{
	struct device *device = s->device;

	CHECK(item->verdict < RDL_DTLS_VERDICTS && item->datagram->data != NULL);
	CHECK((item->verdict == RDL_DTLS_RECORD) == is_for_cbc(s));
	if (item->verdict == RDL_DTLS_RECORD)
		check_record(s, item);
	if (device == NULL ||
		(device->peer_cid_len == RDL_DTLS_NO_CID && s->host != device->host)) {
		CHECK(item->verdict != RDL_DTLS_MESSAGE && item->verdict != RDL_DTLS_CLOSED);
		return;
	}
	if (device->over) {
		CHECK(item->verdict > RDL_DTLS_CLOSED);
		return;
	}
	if (device->was_read[s->number] || s->number + 64 <= device->newest) {
		CHECK(item->verdict == RDL_DTLS_DROP_replay);
		return;
	}
	device->was_read[s->number] = true;
	if (s->number > device->newest) {
		device->newest = s->number;
		device->host = s->host;
	}
	if (s->is_alert) {
		CHECK(item->verdict == RDL_DTLS_CLOSED);
		device->over = true;
		return;
	}
	/* A text without an octet is no message. */
	bool is_empty = s->text_len == 0 && device->peer_cid_len != RDL_DTLS_NO_CID;
	CHECK(item->verdict == (is_empty ? RDL_DTLS_DROP_content : RDL_DTLS_MESSAGE));
	if (item->verdict == RDL_DTLS_MESSAGE)
		check_message(s, item);
}

static void flush(void)
{
	struct rdl_dtls_item items[RDL_DTLS_BURST];

	for (unsigned i = 0; i < count; i++)
		items[i].datagram = &datagrams[i];
	rdl_dtls_open(dtls, items, count, NOW_S);
	for (unsigned i = 0; i < count; i++)
		check_item(&sent[i], &items[i]);
	for (unsigned i = 0; i < count; i++) {
		if (items[i].verdict == RDL_DTLS_MESSAGE && !sent[i].device->over)
			check_answer(sent[i].device, &items[i]);
		free(sent[i].octets);
	}
	count = 0;
}

/* Any eight octets are the Connection ID of one name. */
static void check_cid(const uint8_t *octets)
{
	uint64_t name;
	uint8_t cid[RDL_DTLS_CID_LEN];

	rdl_dtls_cid_read_lanes(&speck, 1, &octets, &name);
	rdl_dtls_cid_write(&speck, name, cid);
	CHECK(memcmp(cid, octets, RDL_DTLS_CID_LEN) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rdl_span input = { data, size };
	unsigned burst = 1 + fuzz_octet(&input) % RDL_DTLS_BURST;

	for (unsigned i = 0; i < DEVICES; i++)
		open_device(i);
	open_cbc();
	while (input.len >= STEP) {
		const uint8_t *op = fuzz_take(&input, STEP).data;

		check_cid(op);
		take_step(op, &input);
		if (count == burst)
			flush();
	}
	flush();
	for (unsigned i = 0; i < DEVICES; i++) {
		const struct rdl_dtls_session *session = rdl_dtls_find(dtls, devices[i].name);

		CHECK((session == NULL) == devices[i].over);
		CHECK(session == NULL || session->read_sequence == devices[i].newest + 1u);
		rdl_dtls_end(dtls, devices[i].name);
	}
	CHECK(rdl_dtls_lives(dtls, cbc));
	rdl_dtls_end(dtls, cbc);
	/* Handshakes that the input has begun. */
	rdl_dtls_sweep(dtls, NOW_S + 1000, 4096);
	return 0;
}
