/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * base: byte spans, big-endian access, the writing cursor, keyed hashing, JSON strings, small text
 * helpers.
 *
 * Everything here is pure: no allocation, no state, any core may call it.
 */
#ifndef RDL_BASE_H
#define RDL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words are read as the little-endian machine has them"
#endif

#define RDL_LIKELY(x) __builtin_expect(!!(x), 1)
#define RDL_UNLIKELY(x) __builtin_expect(!!(x), 0)
/*
 * gcc drops calls of a function that does nothing but prefetch,
 * were it not for the empty statement.
 */
#define RDL_PREFETCH_AS(p, write)                \
	do {                                     \
		__builtin_prefetch(p, write, 3); \
		__asm__ volatile("");            \
	} while (0)
/* Starts to fetch a cache line that will be read, or written. */
#define RDL_PREFETCH(p) RDL_PREFETCH_AS(p, 0)
#define RDL_PREFETCH_WRITE(p) RDL_PREFETCH_AS(p, 1)
/* Before a declaration: what the function returns may be bad news, and the caller must look. */
#define RDL_MUST_CHECK __attribute__((warn_unused_result))
/* Before a declaration: seldom called, by code that is to stay small without it. */
#define RDL_APART __attribute__((cold, noinline))
#define RDL_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define RDL_CACHE_LINE 64

/* Octets of whole cache lines that hold so many. */
static inline size_t rdl_whole_lines(size_t octets)
{
	return (octets + RDL_CACHE_LINE - 1) & ~(size_t)(RDL_CACHE_LINE - 1);
}

/* Parts of one memory, one behind the other: where `octets` lie behind *end, which moves on. */
static inline size_t rdl_lay(size_t *end, size_t octets)
{
	size_t at = *end;

	*end += rdl_whole_lines(octets);
	return at;
}

/* The first power of two that is no less: buckets of a hash table for so many. */
static inline uint64_t rdl_power_of_two(uint64_t count)
{
	uint64_t power = 1;

	while (power < count)
		power *= 2;
	return power;
}

/* What a parser says of its input: there is no fourth outcome. */
enum rdl_status {
	RDL_OK = 0,
	RDL_MALFORMED = -1, /* breaks the grammar */
	RDL_NO_ROOM = -2, /* may be right, but does not fit what the caller provided */
};

/* A view into somebody else's octets: never owns, never outlives them. */
struct rdl_span {
	const uint8_t *data;
	size_t len;
};

/* A span of a string literal. */
#define RDL_SPAN(literal) ((struct rdl_span){ (const uint8_t *)(literal), sizeof(literal) - 1 })

static inline bool rdl_span_equal(struct rdl_span a, struct rdl_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline uint16_t rdl_get_be16(const uint8_t *p)
{
	return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t rdl_get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void rdl_put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void rdl_put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/*
 * The last len % 8 octets of `len` that end at `end`, as a little-endian number, of words that lie
 * inside: a copy of variable length is a call, and a load from what it has just stored.
 */
static inline uint64_t rdl_tail_word(const uint8_t *end, size_t len)
{
	size_t left = len & 7;
	uint32_t first, last;
	uint64_t word;

	if (RDL_LIKELY(len >= 8)) {
		memcpy(&word, end - 8, 8);
		return word >> 8 >> (56 - 8 * left);
	}
	if (left >= 4) {
		memcpy(&first, end - left, 4);
		memcpy(&last, end - 4, 4);
		return first | (uint64_t)last << (8 * left - 32);
	}
	if (left == 0)
		return 0;
	const uint8_t *start = end - left;
	return start[0] | (uint64_t)start[left / 2] << left / 2 * 8 |
	       (uint64_t)end[-1] << (8 * left - 8);
}

/*
 * Writes octets into a buffer of the caller's. The first write that does not fit sets `failed` and
 * writes nothing, and so does every later one: write freely, check once.
 */
struct rdl_cursor {
	uint8_t *pos;
	uint8_t *end;
	bool failed;
};

static inline struct rdl_cursor rdl_cursor(void *buffer, size_t len)
{
	return (struct rdl_cursor){ (uint8_t *)buffer, (uint8_t *)buffer + len, false };
}

/* Room for `len` octets, or NULL with `failed` set. */
static inline uint8_t *rdl_cursor_take(struct rdl_cursor *c, size_t len)
{
	if (RDL_UNLIKELY(c->failed || (size_t)(c->end - c->pos) < len)) {
		c->failed = true;
		return NULL;
	}
	uint8_t *p = c->pos;
	c->pos += len;
	return p;
}

static inline void rdl_cursor_u8(struct rdl_cursor *c, uint8_t v)
{
	uint8_t *p = rdl_cursor_take(c, 1);
	if (p != NULL)
		*p = v;
}

static inline void rdl_cursor_be16(struct rdl_cursor *c, uint16_t v)
{
	uint8_t *p = rdl_cursor_take(c, 2);
	if (p != NULL)
		rdl_put_be16(p, v);
}

static inline void rdl_cursor_bytes(struct rdl_cursor *c, const void *data, size_t len)
{
	uint8_t *p = rdl_cursor_take(c, len);
	if (p != NULL && len > 0)
		memcpy(p, data, len);
}

/* Text into a cursor: as it is, a number in decimal. */
void rdl_cursor_text(struct rdl_cursor *c, const char *text);
void rdl_cursor_decimal(struct rdl_cursor *c, uint64_t value);
/*
 * The octets as a JSON string (RFC 8259 section 7), quotes included. JSON is UTF-8: an octet that
 * is of no well-formed sequence becomes U+FFFD. What is not printable is escaped, so that a
 * terminal can be given it as it is. No more than 6 * octets.len + 2 are written.
 */
void rdl_cursor_json(struct rdl_cursor *c, struct rdl_span octets);

/*
 * SipHash (Aumasson, Bernstein) with c = 1, d = 3:
 * keyed, so that nobody outside can aim at a bucket.
 */
struct rdl_key {
	uint64_t k0, k1;
};
uint64_t rdl_siphash(const struct rdl_key *key, const void *data, size_t len);
/* The 128-bit variant: out[0] is its first eight octets, read as a little-endian number. */
void rdl_siphash128(const struct rdl_key *key, const void *data, size_t len, uint64_t out[2]);

/* What is done side by side, so many at a time, takes a vector machine little longer than one. */
#define RDL_LANES 16

/*
 * Speck64/128 (Beaulieu and others): a keyed permutation of words of 64 bits. A key is expanded
 * once; all of the lanes are enciphered, or deciphered, in place.
 */
#define RDL_SPECK_ROUNDS 27
struct rdl_speck {
	uint32_t round[RDL_SPECK_ROUNDS];
};
void rdl_speck_expand(struct rdl_speck *speck, const struct rdl_key *key);
void rdl_speck_encrypt(const struct rdl_speck *speck, uint64_t words[RDL_LANES]);
void rdl_speck_decrypt(const struct rdl_speck *speck, uint64_t words[RDL_LANES]);

/* True when the octets are well-formed UTF-8 (RFC 3629) and hold no NUL. */
bool rdl_utf8_valid(const uint8_t *data, size_t len);

/*
 * Octets of the first character of a text, which goes into *character; an octet that is of no UTF-8
 * counts as one. Not *printable: it would do something to a terminal, or to a reader's eyes, beside
 * showing itself: it controls, has no width, turns the text round, or is of no UTF-8. 0: the text
 * is empty.
 */
size_t rdl_character(struct rdl_span text, uint32_t *character, bool *printable);
/*
 * A text with '?' in place of each that is not printable, and a NUL:
 * text.len + 1 octets of room. Returns its length.
 */
size_t rdl_printable_copy(char *to, struct rdl_span text);

/*
 * Printable ASCII without '%', everything else as %XX. Encodes with a NUL, in room for 3 * from.len
 * + 1, and returns the length of the text.
 */
size_t rdl_percent_encode(struct rdl_span from, char *text);
/* False when a %XX is broken or the result is longer than `room`. */
RDL_MUST_CHECK bool rdl_percent_decode(
	const char *text, size_t len, uint8_t *out, size_t room, size_t *out_len);
/* Length of the longest start of `text` with at most `room` octets that does not cut a %XX. */
size_t rdl_percent_cut(const char *text, size_t len, size_t room);

/*
 * Reads 1*DIGIT and nothing else. False when the grammar is broken. A number above `max` reads as
 * `max`: leading zeros and any length are fine, nothing ever wraps.
 */
RDL_MUST_CHECK bool rdl_decimal(struct rdl_span text, uint64_t max, uint64_t *value);

/*
 * RFC 4648 section 5: a word, its highest octet first, as 11 characters and back. Decoding is false
 * when the text is not the one spelling of a word: a character that is not of the alphabet, or a
 * bit in the last one that says nothing. The plain twins do the same on machines without vector
 * instructions for it.
 */
#define RDL_BASE64URL_LEN 11
void rdl_base64url_encode(uint64_t word, uint8_t text[RDL_BASE64URL_LEN]);
RDL_MUST_CHECK bool rdl_base64url_decode(const uint8_t text[RDL_BASE64URL_LEN], uint64_t *word);
void rdl_base64url_encode_plain(uint64_t word, uint8_t text[RDL_BASE64URL_LEN]);
RDL_MUST_CHECK bool rdl_base64url_decode_plain(
	const uint8_t text[RDL_BASE64URL_LEN], uint64_t *word);

/*
 * RFC 4648 section 4: octets as text with padding, and back. Decoding is false when the text is not
 * the one spelling of some octets, or these are more than `room`.
 */
void rdl_cursor_base64(struct rdl_cursor *c, struct rdl_span octets);
RDL_MUST_CHECK bool rdl_base64_decode(
	struct rdl_span text, uint8_t *octets, size_t room, size_t *len);
static inline size_t rdl_base64_len(size_t octets)
{
	return (octets + 2) / 3 * 4;
}

/*
 * Shell-like match of whole `text`: '*' any run of octets,
 * '?' one octet. Linear in practice: one backtrack point.
 */
bool rdl_glob_match(struct rdl_span pattern, struct rdl_span text);
/* It has a '*' or a '?', and may match more than itself. */
bool rdl_glob_is_pattern(struct rdl_span text);

#endif
