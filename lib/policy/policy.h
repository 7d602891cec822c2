/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy: what this server accepts. A policy is compiled once from the operator's choices and never
 * changes; any core may read it, for as long as its owner keeps it. Judging is pure: the same
 * request, the same verdict.
 */
#ifndef RDL_POLICY_H
#define RDL_POLICY_H

#include "identities.h"
#include "lwm2m.h"
#include "memo.h"
#include "secured.h"

struct rdl_policy_version {
	uint16_t major, minor;
};

/* One object that the server supports. */
struct rdl_policy_object {
	uint16_t id;
	bool multiple; /* false: instance 0 is the only one known */
	bool any_version;
	unsigned version_count;
	const struct rdl_policy_version *versions;
};

/* Views of the caller's, copied by rdl_policy_create(). */
struct rdl_policy_config {
	struct rdl_policy_version version; /* highest enabler version served; minor <= 127 */
	uint32_t lifetime_min_s, lifetime_max_s;
	bool security_object_refuse; /* else left out of the list */
	bool mandatory_objects_refuse; /* a Register without object 1 or 3 is refused */
	bool sms_msisdn; /* sms must be '+'? and 1 to 15 digits; else anything up to 32 octets */
	bool text_plain; /* Content-Format 0 is taken for 40 */
	bool diagnostics; /* refusals carry a reason */
	bool keep_attributes; /* lists have what links say beside their versions */
	uint32_t max_links;
	bool all_objects; /* there is no list of supported objects */
	unsigned object_count;
	const struct rdl_policy_object *objects; /* ascending by id */
	/*
	 * Query names accepted beside the standard ones; at most RDL_OTHER_PARAMETERS_MAX. `ep` and
	 * `lwm2m` among them may be repeated in Updates.
	 */
	unsigned extra_count;
	const char *const *extra;
	bool known_only; /* only the endpoints of `known` may register */
	bool unknown_forbidden; /* refuse others with 4.03, not 4.00 */
	unsigned known_count;
	const char *const *known;
	unsigned deny_count; /* patterns of rdl_glob_match() */
	const char *const *deny;
	/*
	 * What those who have proved who they are may register; the caller's, as all that it says
	 * may change meanwhile. NULL: nobody proves anything.
	 */
	const struct rdl_identities *identities;
	/*
	 * A Register in a secure session that has no `ep` is of the endpoint that its identity may
	 * register, where that is no more than one. A name of more than 24 octets wants
	 * twice a message and its own length more of scratch, else it is missing.
	 */
	bool endpoint_from_identity;
	/* Endpoints that may not register in clear text: these, the caller's; NULL: none. */
	const struct rdl_secured *secured;
	/* And patterns of rdl_glob_match(). */
	unsigned secured_pattern_count;
	const char *const *secured_patterns;
	struct rdl_key endpoint_key; /* of endpoint digests */
};

struct rdl_policy;

/* NULL without memory. Main thread only. */
RDL_MUST_CHECK struct rdl_policy *rdl_policy_create(const struct rdl_policy_config *config);
void rdl_policy_destroy(struct rdl_policy *policy);

/* A number that no other policy of this process has: a verdict that is kept is kept with it. */
uint32_t rdl_policy_generation(const struct rdl_policy *policy);
bool rdl_policy_diagnostics(const struct rdl_policy *policy);
/* Numbers for a person to read: telemetry's /rdline/policy. */
const struct rdl_policy_config *rdl_policy_config(const struct rdl_policy *policy);

/*
 * What a Register of this endpoint in clear text would be refused for, whatever else it says; by
 * any thread, for people who ask. RDL_REASON_NONE: for nothing.
 */
enum rdl_reason rdl_policy_endpoint(const struct rdl_policy *policy, struct rdl_span endpoint);

/*
 * Judge a Register, an Update, in the order version, parameters, endpoint, payload: fill *request,
 * request->reason above all (RDL_REASON_NONE: accepted). `scratch` takes the parameters and the
 * object list, unless that is in the memo (rdl_policy_memo_hold()), and its memory must live as
 * long as the request: it begins aligned to 8, twice the datagram and 64 octets are enough. `memo`
 * may be NULL. Links left out are added to *ignored, of accepted requests only. The request's
 * operation, message, peer and identity are the caller's business; a Register is judged by its
 * identity, and request->location is read by the Update.
 * One that repeats `ep` or `lwm2m`, where that is allowed, is left to the registration's owner to
 * compare (RDL_GIVES_IDENTITY).
 */
void rdl_policy_register(const struct rdl_policy *policy, struct rdl_policy_memo *memo,
	const struct rdl_input *input, struct rdl_cursor *scratch, struct rdl_request *request,
	struct rdl_ignored_counts *ignored);
void rdl_policy_update(const struct rdl_policy *policy, struct rdl_policy_memo *memo,
	const struct rdl_input *input, struct rdl_cursor *scratch, struct rdl_request *request,
	struct rdl_ignored_counts *ignored);

/* What is asked about one payload. */
struct rdl_policy_question {
	struct rdl_span payload;
	struct rdl_span root; /* the alternate path where the payload names none */
	unsigned minor; /* the registered version, or rdl_version_class() it */
	bool is_register; /* mandatory objects must be there */
};

/*
 * The object list of a payload as this policy has it. Returns RDL_REASON_NONE, the list at the
 * start of what is left of `scratch`; or the reason to refuse, with *detail the number of its
 * detail.
 */
RDL_MUST_CHECK enum rdl_reason rdl_policy_objects(const struct rdl_policy *policy,
	const struct rdl_policy_question *question, const struct rdl_cursor *scratch,
	struct rdl_ignored_counts *ignored, uint32_t *detail);

#endif
