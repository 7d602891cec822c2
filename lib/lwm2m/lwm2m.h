/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwm2m: the request model of the registration interface (LwM2M TS 1.0 section 5.3, 1.1 and 1.2
 * section 6.2): what a CoAP request asks, its query parameters, the object list, and the location
 * path. Pure; any core may call it.
 */
#ifndef RDL_LWM2M_H
#define RDL_LWM2M_H

#include "base.h"
#include "coap.h"
#include "link.h"
#include "net.h"

#define RDL_MINOR_NONE 0xff /* a registered minor version is 127 at most */
#define RDL_ENDPOINT_MAX 252 /* a Uri-Query holds 255 octets, `ep=` takes three */
#define RDL_LIFETIME_DEFAULT 86400
#define RDL_OBJECT_SECURITY 0
#define RDL_OBJECT_SERVER 1
#define RDL_OBJECT_DEVICE 3
#define RDL_OBJECT_OSCORE 21
#define RDL_OBJECT_COSE 23
/* What a list lacks that must be in one, as a refusal's detail. */
#define RDL_MISSING_SERVER 1
#define RDL_MISSING_DEVICE 2
#define RDL_ID_NONE 0xffff /* MAX_ID: never an object's or an instance's */
/* What a list keeps beside its links is bounded, so that its links are what it costs. */
#define RDL_FORMATS_MAX 16 /* Content-Formats, each once: further ones are left out */
#define RDL_ROOT_MAX 64 /* octets of an alternate path: a longer one is refused */

/*
 * Why a request was refused, by which code, and what its diagnostic payload says, or begins with:
 * rdl_reason_write() adds the rest. X(name, code, text)
 */
#define RDL_REASONS(X)                                                             \
	X(bad_option, BAD_OPTION, "option not understood: ")                       \
	X(proxy, PROXYING_NOT_SUPPORTED, "no proxy here")                          \
	X(path, NOT_FOUND, "no such path")                                         \
	X(location, NOT_FOUND, "not registered")                                   \
	X(method, METHOD_NOT_ALLOWED, "method not allowed")                        \
	X(delete_rd, BAD_REQUEST, "delete a registration, not /rd")                \
	X(version_syntax, BAD_REQUEST, "lwm2m: not MAJOR.MINOR")                   \
	X(version, PRECONDITION_FAILED, "lwm2m: version not supported")            \
	X(repeated, BAD_REQUEST, "parameter given twice")                          \
	X(unknown_parameter, BAD_REQUEST, "unknown parameter")                     \
	X(endpoint_missing, BAD_REQUEST, "ep: missing or empty")                   \
	X(endpoint_syntax, BAD_REQUEST, "ep: not UTF-8 of 1 to 252 octets")        \
	X(lifetime_syntax, BAD_REQUEST, "lt: not a number of seconds")             \
	X(binding, BAD_REQUEST, "b: not a binding of this version")                \
	X(queue, BAD_REQUEST, "Q: not in this version, or has a value")            \
	X(sms, BAD_REQUEST, "sms: empty, too long, or not a number")               \
	X(update_parameter, BAD_REQUEST, "parameter not allowed in an Update")     \
	X(update_mismatch, BAD_REQUEST, "not as it was registered")                \
	X(block_size, BAD_REQUEST, "Block1: size exponent 7")                      \
	X(block_length, BAD_REQUEST, "Block1: payload is not one block")           \
	X(block_gap, REQUEST_ENTITY_INCOMPLETE, "Block1: not the next block")      \
	X(too_large, REQUEST_ENTITY_TOO_LARGE, "payload too large")                \
	X(endpoint_unknown, BAD_REQUEST, "ep: unknown")                            \
	X(endpoint_unknown_forbidden, FORBIDDEN, "ep: unknown")                    \
	X(endpoint_barred, FORBIDDEN, "ep: not allowed")                           \
	X(content_format, BAD_REQUEST, "payload is not application/link-format")   \
	X(payload_missing, BAD_REQUEST, "no object list")                          \
	X(link_syntax, BAD_REQUEST, "object list: syntax error at octet ")         \
	X(root_length, BAD_REQUEST, "object list: alternate path over 64 octets")  \
	X(links_too_many, REQUEST_ENTITY_TOO_LARGE, "object list: too many links") \
	X(security_object, BAD_REQUEST, "object list: Security Object")            \
	X(mandatory_objects, BAD_REQUEST, "object list: without object ")

enum rdl_reason {
	RDL_REASON_NONE,
#define X(name, code, text) RDL_REASON_##name,
	RDL_REASONS(X)
#undef X
		RDL_REASON_COUNT
};

/* The response code of a reason, and its text; 0 and "" for RDL_REASON_NONE. */
uint8_t rdl_reason_code(enum rdl_reason reason);
const char *rdl_reason_text(enum rdl_reason reason);
/*
 * The whole text, at most RDL_REASON_TEXT_MAX octets. `detail` is request->detail of a refusal that
 * has one; `name` that of the parameter at fault, printed as far as it is ASCII and not long:
 * whoever reads it reads it in a log.
 */
#define RDL_REASON_TEXT_MAX 96
void rdl_reason_write(
	struct rdl_cursor *out, enum rdl_reason reason, uint32_t detail, struct rdl_span name);
/* Whether a refusal for this reason has a name; a detail. */
bool rdl_reason_names_parameter(enum rdl_reason reason);
bool rdl_reason_has_detail(enum rdl_reason reason);

/* ---- the request as its options have it ---- */

struct rdl_known_list;

enum rdl_path {
	RDL_PATH_OTHER,
	RDL_PATH_RD,
	RDL_PATH_LOCATION, /* /rd/ and one segment, which may be empty or anything */
	RDL_PATH_WELL_KNOWN_CORE,
};

enum rdl_parameter {
	RDL_PARAMETER_EP,
	RDL_PARAMETER_LT,
	RDL_PARAMETER_LWM2M,
	RDL_PARAMETER_B,
	RDL_PARAMETER_SMS,
	RDL_PARAMETER_Q,
	RDL_PARAMETER_COUNT
};

/*
 * As many names of their own as an operator may let devices send: one more in a request is unknown,
 * or given twice. Fleets of China Telecom's have 16, 11 of them in one Register.
 */
#define RDL_OTHER_PARAMETERS_MAX 32

/*
 * Query parameters as sent, unjudged. Each Uri-Query is one `key[=value]`, split at the first `=`,
 * nothing decoded (RFC 7252 section 6.5); zero-length ones are skipped.
 */
struct rdl_parameters {
	struct rdl_span value[RDL_PARAMETER_COUNT];
	uint8_t given; /* bit per rdl_parameter */
	uint8_t valued; /* it had a `=` */
	uint8_t repeated; /* it came again: the first is kept */
	uint8_t other_count;
	bool other_overflow;
	/*
	 * Whole `key[=value]` of the rest, by rdl_parameters_other():
	 * from the first one's place in the datagram on.
	 */
	const uint8_t *others;
	uint16_t other_at[RDL_OTHER_PARAMETERS_MAX];
	uint8_t other_len[RDL_OTHER_PARAMETERS_MAX];
};

static inline struct rdl_span rdl_parameters_other(const struct rdl_parameters *p, unsigned i)
{
	return (struct rdl_span){ p->others + p->other_at[i], p->other_len[i] };
}

/* One request on its way through a worker: views into the datagram, valid as long as it. */
struct rdl_input {
	struct rdl_coap_message message;
	enum rdl_path path;
	struct rdl_span id; /* of RDL_PATH_LOCATION */
	struct rdl_parameters parameters;
	struct rdl_span payload;
	int32_t content_format; /* -1: none */
	bool has_block1;
	struct rdl_coap_block block1;
	uint32_t size1; /* 0: none */
	/*
	 * RDL_REASON_NONE, bad_option or proxy;
	 * an option that must be understood (RFC 7252 section 5.4) goes first
	 */
	enum rdl_reason option_reason;
	uint16_t bad_option; /* the first such one's number */
	/*
	 * What the policy made of this payload before;
	 * NULL: nobody knows. For whom remembers it to set.
	 */
	const struct rdl_known_list *known;
};

/* Walks the options of input->message and fills the rest. RDL_MALFORMED: a message format error. */
enum rdl_status rdl_input_read(struct rdl_input *input);

/* ---- parameter values ---- */

struct rdl_version {
	uint32_t major, minor; /* saturated, never wrapped */
};
/* 1*DIGIT "." 1*DIGIT */
bool rdl_version_parse_any(struct rdl_span text, struct rdl_version *version);
/* The same, quick for one digit each, as nearly all are. */
static inline bool rdl_version_parse(struct rdl_span text, struct rdl_version *version)
{
	if (RDL_LIKELY(text.len == 3 && text.data[1] == '.')) {
		uint32_t major = (uint32_t)text.data[0] - '0', minor = (uint32_t)text.data[2] - '0';

		*version = (struct rdl_version){ major, minor };
		return major <= 9 && minor <= 9;
	}
	return rdl_version_parse_any(text, version);
}

/* The minor version that a Register names, 0 where it names none or none that can be read. */
static inline unsigned rdl_input_minor(const struct rdl_input *input)
{
	const struct rdl_parameters *p = &input->parameters;
	struct rdl_version version = { 1, 0 };

	if ((p->valued & 1u << RDL_PARAMETER_LWM2M) != 0)
		rdl_version_parse(p->value[RDL_PARAMETER_LWM2M], &version);
	return version.minor;
}

/*
 * A binding as sent: its letters, four bits each, the first lowest; 0 is none. Judged by the
 * registered minor version of LwM2M 1: 0 takes U UQ S SQ US UQS; 1 and up take a set of U T S N,
 * each once, in any order, and M and H besides when the server's highest minor version is 2 or
 * more; or else, word for word, UQ SQ UQS.
 */
typedef uint32_t rdl_binding;
#define RDL_BINDING_DEFAULT 1u /* U */
#define RDL_BINDING_TEXT 8
/*
 * The binding says queue mode. Registrations may be in it without:
 * the parameter `Q` says so, too.
 */
bool rdl_binding_queue(rdl_binding binding);
bool rdl_binding_parse(
	struct rdl_span text, unsigned minor, unsigned server_minor, rdl_binding *binding);
void rdl_binding_text(rdl_binding binding, char text[RDL_BINDING_TEXT]);

/* ---- the object list ---- */

/*
 * An object list in its canonical form, one block of memory: the same list has the same octets
 * whoever sent it, in whatever order. Host byte order. Behind the header, without gaps: links,
 * versions, formats, root, attributes.
 */
struct rdl_object_list {
	uint32_t len; /* octets, header included */
	uint16_t link_count;
	uint16_t version_count;
	uint16_t format_count;
	uint16_t root_len;
	uint32_t attributes_len; /* octets; 0 unless they are kept */
};

/*
 * object << 16 | instance;
 * an object listed without instances has RDL_ID_NONE there. Ascending, each once.
 */
typedef uint32_t rdl_object_link;

/* `ver` of an object, ascending by object, each object once. */
struct rdl_object_version {
	uint16_t object, major, minor;
};

static inline const rdl_object_link *rdl_object_list_links(const struct rdl_object_list *list)
{
	return (const rdl_object_link *)(list + 1);
}

static inline const struct rdl_object_version *rdl_object_list_versions(
	const struct rdl_object_list *list)
{
	return (const struct rdl_object_version *)(rdl_object_list_links(list) + list->link_count);
}

/* Content-Formats of the root link, as sent. */
static inline const uint16_t *rdl_object_list_formats(const struct rdl_object_list *list)
{
	return (const uint16_t *)(rdl_object_list_versions(list) + list->version_count);
}

/* The alternate path without its slashes at either end; empty for "/". */
static inline struct rdl_span rdl_object_list_root(const struct rdl_object_list *list)
{
	return (struct rdl_span){ (const uint8_t *)(rdl_object_list_formats(list) +
						    list->format_count),
		list->root_len };
}

/*
 * Attributes of links, ascending by link, each link once: object, instance (RDL_ID_NONE of a bare
 * object; of both: the root link), octets, big-endian, and `name[=value][;name[=value]]...` as
 * sent, but for what is kept elsewhere.
 */
static inline struct rdl_span rdl_object_list_attributes(const struct rdl_object_list *list)
{
	struct rdl_span root = rdl_object_list_root(list);

	return (struct rdl_span){ root.data + root.len, list->attributes_len };
}
#define RDL_ATTRIBUTES_HEAD 6
#define RDL_ATTRIBUTES_MAX 1024 /* octets of all */
#define RDL_ATTRIBUTES_LINKS 64
#define RDL_ATTRIBUTES_ROOT UINT32_MAX /* the root's link */

/* Takes the first link's off. False when there is none left. */
static inline bool rdl_object_attributes_next(
	struct rdl_span *rest, rdl_object_link *link, struct rdl_span *text)
{
	if (rest->len == 0)
		return false;
	*link = rdl_get_be32(rest->data);
	*text = (struct rdl_span){ rest->data + RDL_ATTRIBUTES_HEAD, rdl_get_be16(rest->data + 4) };
	rest->data += RDL_ATTRIBUTES_HEAD + text->len;
	rest->len -= RDL_ATTRIBUTES_HEAD + text->len;
	return true;
}

/* What a list is found by: keyed, so that nobody outside can make two of one digest; never 0. */
static inline uint64_t rdl_object_list_digest(
	const struct rdl_key *key, const struct rdl_object_list *list)
{
	return rdl_siphash(key, list, list->len) | 1;
}

/*
 * `ver` while a list is read: object << 32 | major << 16 | minor, so that numbers sort as versions
 * do. An unreadable version (RDL_VERSION_UNREADABLE) is no version that anybody supports.
 */
#define RDL_VERSION_UNREADABLE UINT32_MAX
static inline uint64_t rdl_object_version_pack(uint16_t object, uint32_t version)
{
	return (uint64_t)object << 32 | version;
}

/*
 * A list while it is read and filtered, in memory of the caller's: links from the front, versions
 * from the back.
 */
struct rdl_object_reader {
	struct rdl_object_list *list; /* the caller's memory, aligned to 8 */
	rdl_object_link *links;
	uint32_t link_count;
	uint64_t *versions; /* grows downwards: rdl_object_version_pack() */
	uint32_t version_count;
	struct rdl_span root; /* view, no slashes at the ends */
	struct rdl_span formats; /* the root link's ct value, view */
	uint32_t foreign; /* links that are not LwM2M's, or outside the root */
	bool has_security, has_server, has_device; /* listed, whatever their version */
	size_t offset; /* of the offence, after RDL_MALFORMED */
};

/*
 * Reads a link-format payload. `root`: the alternate path to assume where no link says
 * rt="oma.lwm2m" (an Update to a registration that has one; else empty). `memory`, aligned to 8,
 * holds what is read; 2 * payload.len + 64 octets are always enough.
 * RDL_NO_ROOM: more than `max_links` links. Links come out unsorted, doubles included.
 */
enum rdl_status rdl_object_read(struct rdl_object_reader *reader, struct rdl_span payload,
	struct rdl_span root, uint32_t max_links, void *memory, size_t memory_len);

/*
 * True when a link says rt="oma.lwm2m":
 * then the list is the same whatever root rdl_object_read() is told.
 */
bool rdl_object_names_root(struct rdl_span payload);

/* Sorts links and versions ascending, so that a filter can walk them by object. Doubles stay. */
void rdl_object_sort(struct rdl_object_reader *reader);

/*
 * Makes the canonical form out of what a filter left (sorted; links and versions only of objects
 * that stay), in the reader's memory. Drops doubles, and an object's bare link where it has
 * instances. RDL_NO_ROOM when the memory does not hold it.
 */
enum rdl_status rdl_object_seal(struct rdl_object_reader *reader);

/*
 * Adds to a list what the payload that it was made of says beside links, versions and formats: the
 * attributes of the root and of what is listed, of objects and instances. At most
 * RDL_ATTRIBUTES_LINKS links have some, the lowest, within RDL_ATTRIBUTES_MAX octets; `room` is
 * that of the list's memory. Returns how many links' were left out.
 */
unsigned rdl_object_keep_attributes(
	struct rdl_object_list *list, size_t room, struct rdl_span payload);

/* Links left out of a list, silently (change request section 5.1.1). X(name, help) */
#define RDL_IGNORED(X)                                                                          \
	X(security, "links of the Security Object")                                             \
	X(reserved, "links of OSCORE or COSE, which the enabler version keeps out of the list") \
	X(object, "links of objects that are not supported")                                    \
	X(version, "links of objects in a version that is not supported")                       \
	X(instance, "further instances of a single-instance object")                            \
	X(foreign, "links that are not LwM2M's or outside the alternate path")                  \
	X(attributes, "links whose attributes are beyond what is kept of one list")

enum rdl_ignored {
#define X(name, help) RDL_IGNORED_##name,
	RDL_IGNORED(X)
#undef X
		RDL_IGNORED_COUNT
};
struct rdl_ignored_counts {
	uint32_t count[RDL_IGNORED_COUNT];
};

/* What a policy made of a payload that it accepted. */
struct rdl_known_list {
	const struct rdl_object_list *list;
	struct rdl_ignored_counts ignored;
	uint64_t digest; /* of the list */
};

/* ---- locations ---- */

/*
 * The versions of LwM2M 1 fall into classes that are judged by the same rules: 1.0, 1.1, and all
 * from 1.2 on. As a number a class is its first minor version, and serves wherever one is asked
 * for.
 */
#define RDL_RULES_LAST 2
static inline uint8_t rdl_rules_of(unsigned minor)
{
	return (uint8_t)(minor < RDL_RULES_LAST ? minor : RDL_RULES_LAST);
}

/*
 * What a location's id tells those who hold the key: which registration it names and how to judge
 * an Update to it. 64 bits under a keyed permutation, so that neither place nor age shows, as 11
 * URL-safe characters: clients hold no more.
 */
struct rdl_location {
	uint32_t handle; /* partition << 24 | slot in the partition */
	uint8_t rules; /* rdl_rules_of() the registered version */
	bool rooted; /* registered with an alternate path */
	uint32_t generation; /* of the slot, never used twice; RDL_GENERATION_MAX is the last */
};
#define RDL_GENERATION_MAX ((UINT32_C(1) << 29) - 1)
#define RDL_LOCATION_LEN 11
#define RDL_PARTITIONS 256

static inline unsigned rdl_location_partition(const struct rdl_location *location)
{
	return location->handle >> 24;
}
static inline uint32_t rdl_location_slot(const struct rdl_location *location)
{
	return location->handle & 0xffffff;
}

/* The ids of `count` <= RDL_LANES locations, which takes little longer than one. */
void rdl_location_encode_lanes(const struct rdl_speck *key, unsigned count,
	const struct rdl_location *const locations[], uint8_t (*texts)[RDL_LOCATION_LEN]);
static inline void rdl_location_encode(const struct rdl_speck *key,
	const struct rdl_location *location, uint8_t text[RDL_LOCATION_LEN])
{
	rdl_location_encode_lanes(key, 1, &location, (uint8_t(*)[RDL_LOCATION_LEN])text);
}
/*
 * Decodes `count` <= RDL_LANES texts. Bit i says whether text i is spelt as an id is; *locations[i]
 * is set then. Anybody can spell one: what it says is a place at random unless this key made it,
 * and it is for rdl_registry_find() to tell.
 */
uint32_t rdl_location_decode_lanes(const struct rdl_speck *key, unsigned count,
	const struct rdl_span texts[], struct rdl_location *const locations[]);
static inline bool rdl_location_decode(
	const struct rdl_speck *key, struct rdl_span text, struct rdl_location *location)
{
	return rdl_location_decode_lanes(key, 1, &text, &location) != 0;
}

/* ---- the request as it is handed over ---- */

enum rdl_operation {
	RDL_OPERATION_REGISTER,
	RDL_OPERATION_UPDATE,
	RDL_OPERATION_DEREGISTER,
	RDL_OPERATION_OTHER, /* to a location, by a method that it does not have */
};

/* The 128-bit keyed digest of an endpoint name: its key in the index, its partition. */
struct rdl_endpoint_digest {
	uint64_t word[2];
};
static inline unsigned rdl_endpoint_partition(struct rdl_endpoint_digest digest)
{
	return (unsigned)(digest.word[1] >> 56);
}

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

/* Octets of an endpoint name that a request, or a registration, holds itself. */
#define RDL_NAME_INLINE 24

/*
 * A decided request, between worker and shard. Lives beside its packet; views point into the
 * packet, into its scratch behind it, or into what its worker knows and keeps meanwhile. The worker
 * that received it fills it; the shard reads it, and leaves its answer in it: a code, and of a
 * Register the location. Never touched by two cores at once.
 */
struct rdl_request {
	/* The first line is all that most Updates and De-registers take from core to core. */
	uint8_t operation; /* enum rdl_operation */
	uint8_t reason; /* enum rdl_reason: the worker's verdict, or else the shard's */
	uint8_t code; /* the answer: RDL_COAP_*; 0: none, the request is shed */
	uint8_t gives; /* RDL_GIVES_* */
	/* LwM2M minor version of a Register; RDL_GIVES_IDENTITY: RDL_MINOR_NONE when not said */
	uint8_t minor;
	bool non; /* came as a non-confirmable message */
	uint8_t endpoint_len; /* of a Register; RDL_GIVES_IDENTITY: 0 when not said */
	uint32_t lifetime_s;
	rdl_binding binding;
	struct rdl_peer peer;
	uint32_t identity; /* whose secure session it came in; 0: none's */
	/* seeded digest of source and datagram: what a retransmission is known by; never 0 */
	uint64_t exchange;
	union {
		struct rdl_endpoint_digest digest; /* Register, until it is answered */
		struct rdl_location location; /* the others; of a Register, the answer */
	};

	union { /* Register, RDL_GIVES_IDENTITY: rdl_request_endpoint() */
		uint8_t name[RDL_NAME_INLINE]; /* zeros behind it */
		const uint8_t *long_name;
	};
	union {
		const struct rdl_object_list *objects; /* RDL_GIVES_OBJECTS */
		/*
		 * RDL_GIVES_PAYLOAD, payload_len octets;
		 * of a refusal because of a parameter, its name
		 */
		const uint8_t *payload;
	};
	union {
		/* RDL_GIVES_OBJECTS: rdl_object_list_digest(), or 0: not made yet */
		uint64_t list_digest;
		struct {
			uint32_t payload_len;
			/*
			 * The link list's octet at fault;
			 * the missing objects (RDL_MISSING_*), the option's number.
			 */
			uint32_t detail;
		};
	};
	/*
	 * RDL_GIVES_PARAMETERS: sms and the extra parameters,
	 * each one octet of length and `key[=value]`
	 */
	const uint8_t *parameters;
	uint16_t parameters_len;
};
_Static_assert(offsetof(struct rdl_request, name) == RDL_CACHE_LINE, "an Update takes one line");
_Static_assert(sizeof(struct rdl_request) <= 2 * RDL_CACHE_LINE, "a Register takes two");

static inline struct rdl_span rdl_request_endpoint(const struct rdl_request *request)
{
	bool here = request->endpoint_len <= RDL_NAME_INLINE;

	return (struct rdl_span){ here ? request->name : request->long_name,
		request->endpoint_len };
}

/* `endpoint`, of 1 to RDL_ENDPOINT_MAX octets, stays where it is when it is long. */
static inline void rdl_request_set_endpoint(struct rdl_request *request, struct rdl_span endpoint)
{
	uint64_t words[RDL_NAME_INLINE / 8] = { 0 };
	size_t whole = endpoint.len / 8;

	request->endpoint_len = (uint8_t)endpoint.len;
	if (endpoint.len > RDL_NAME_INLINE) {
		request->long_name = endpoint.data;
		return;
	}
	for (size_t i = 0; i < whole; i++)
		memcpy(&words[i], endpoint.data + 8 * i, 8);
	if (endpoint.len % 8 != 0)
		words[whole] = rdl_tail_word(endpoint.data + endpoint.len, endpoint.len);
	memcpy(request->name, words, sizeof(words));
}

/* ---- replies ---- */

/* Where a reply goes: over its request's datagram, whose header and token it takes over. */
struct rdl_reply {
	uint8_t *coap; /* the datagram */
	uint16_t coap_len;
	uint16_t room; /* octets that may be written from `coap` on */
	uint16_t len; /* of the reply, once written */
	uint16_t id_mask; /* Message ID of a NON reply: the request's, each bit here turned round */
	uint32_t block1; /* option value to echo; RDL_BLOCK1_NONE */
};
#define RDL_BLOCK1_NONE UINT32_MAX

/*
 * Writes a reply of `code` and sets reply->len: with `location` (RDL_LOCATION_LEN characters) a
 * 2.01's Location-Path, with reply->block1 its echo.
 */
void rdl_reply_write(struct rdl_reply *reply, uint8_t code, const uint8_t *location);
/* The 2.05 to a discovery (RFC 6690 section 4): where to register. */
void rdl_reply_discovery(struct rdl_reply *reply);
/*
 * The refusal that request->reason names, with its diagnostic payload when asked for. Who asks may
 * not be who the source address says (RFC 7252 section 11.3): what would make the reply longer than
 * `longest` octets, though it can do without, is left out.
 */
void rdl_reply_refuse(struct rdl_reply *reply, const struct rdl_request *request, bool diagnostics,
	size_t longest);

#endif
