/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conf: a libconfig file read into one struct, or every error with file and line. Knows neither
 * DPDK nor policy: it checks what the file alone can tell. Called by the main thread only.
 */
#ifndef RDL_CONF_H
#define RDL_CONF_H

#include <stdio.h>

#include "base.h"

#define RDL_CONF_PORTS_MAX 16
#define RDL_CONF_ADDRESSES_MAX 16 /* of each family, a port */
#define RDL_CONF_CPUS_MAX 1024
/*
 * Octets of a frame of net_af_packet's ring, which the packets' buffers must hold: a message with
 * an object list of 4096 octets, all headers, and what the kernel puts before them.
 */
#define RDL_CONF_FRAME_MAX 5120
/* Octets of an IP packet that a buffer holds with all that is before it. */
#define RDL_CONF_MTU_MAX 4600
#define RDL_CONF_EXTRA_PARAMETERS_MAX 32
#define RDL_CONF_HANDSHAKES_MAX 16 /* threads */
#define RDL_CONF_ALLOWS_MAX 64

struct rdl_conf_where {
	const char *file;
	unsigned line;
};

struct rdl_conf_ipv4 {
	uint32_t address; /* host order */
	uint8_t prefix;
};

struct rdl_conf_ipv6 {
	uint8_t address[16];
	uint8_t prefix;
};

/* What becomes of frames that are not ours. */
enum rdl_conf_exception {
	RDL_CONF_EXCEPTION_NONE,
	RDL_CONF_EXCEPTION_TAP,
	RDL_CONF_EXCEPTION_VIRTIO_USER,
};

struct rdl_conf_port {
	struct rdl_conf_where where;
	const char *device;
	/* What the operator left to be said of it, each argument behind a comma. */
	const char *device_more;
	uint16_t vlan;
	uint16_t mtu; /* 0: as the device has it */
	enum rdl_conf_exception exception;
	uint32_t exception_per_s; /* of each worker */
	const char *exception_interface; /* the kernel's; what is derived, where none is said */
	unsigned ipv4_count, ipv6_count, gateway_ipv4_count, gateway_ipv6_count;
	struct rdl_conf_ipv4 ipv4[RDL_CONF_ADDRESSES_MAX];
	struct rdl_conf_ipv6 ipv6[RDL_CONF_ADDRESSES_MAX];
	uint32_t gateway_ipv4[RDL_CONF_ADDRESSES_MAX];
	uint8_t gateway_ipv6[RDL_CONF_ADDRESSES_MAX][16];
};

struct rdl_conf_version {
	uint16_t major, minor;
};

struct rdl_conf_object {
	uint16_t id;
	bool multiple;
	bool any_version; /* no `versions` key */
	unsigned version_count;
	struct rdl_conf_version *versions; /* ascending */
};

/* One of the keys that list objects. */
struct rdl_conf_objects {
	bool there;
	unsigned count;
	struct rdl_conf_object *items; /* ascending by id */
};

struct rdl_conf_strings {
	unsigned count;
	const char **items;
};

/* A UNIX socket to be served. */
struct rdl_conf_socket {
	struct rdl_conf_where where;
	const char *path; /* NULL: none */
	const char *group; /* who may connect besides this process's user; NULL: its own group */
};

/* Who may connect to a socket: this process's user, its group as well, or everybody. */
enum rdl_conf_mode { RDL_CONF_MODE_OWNER, RDL_CONF_MODE_GROUP, RDL_CONF_MODE_ALL };

/* Requests to devices that members of a group may send. */
struct rdl_conf_allow {
	struct rdl_conf_where where;
	const char *group;
	struct rdl_conf_strings methods_key; /* as written */
	uint32_t methods; /* bit N: of code 0.N; all, when none is written */
	struct rdl_conf_strings paths; /* glob patterns; none: all paths */
};

/* Where a TCP port is to be served. */
struct rdl_conf_listen {
	struct rdl_conf_where where;
	const char *text; /* as written; NULL: nowhere */
	bool is_ipv6;
	uint8_t address[16]; /* IPv4 in the first four octets */
	uint16_t port;
};

/* A file, or a folder, that something else than conf reads. */
struct rdl_conf_file {
	struct rdl_conf_where where;
	const char *path; /* NULL: none; absolute, or relative to this process's folder */
};

/* What is on the disk before a change is acknowledged. */
enum rdl_conf_durability {
	RDL_CONF_COMMIT, /* the change */
	RDL_CONF_WINDOW, /* changes of more than window_ms ago */
	RDL_CONF_NO_DURABILITY, /* what the system found worth writing */
};

enum rdl_conf_log_level {
	RDL_CONF_LOG_ERROR,
	RDL_CONF_LOG_WARN,
	RDL_CONF_LOG_INFO,
	RDL_CONF_LOG_DEBUG
};

struct rdl_conf {
	const char *instance;
	unsigned workers, shards;
	const char *cores; /* as written; NULL: absent, to be derived */
	unsigned cpu_count; /* 0 then */
	uint16_t cpus[RDL_CONF_CPUS_MAX];
	struct rdl_conf_where cores_where;
	uint32_t idle_sleep_us;
	uint32_t drain_s; /* when told to end: so long without Registers before that */
	struct {
		struct rdl_conf_where where;
		bool hugepages;
		uint32_t mb; /* 0: derived */
		uint64_t registrations;
		uint32_t name_octets; /* of endpoint names as they are expected */
		uint32_t prefix_percent; /* of the memory beside the table, for one prefix */
	} memory;
	unsigned port_count;
	struct rdl_conf_port ports[RDL_CONF_PORTS_MAX];
	struct {
		uint16_t port; /* 0: none, there is DTLS only */
		uint32_t exchange_lifetime_s;
		uint32_t max_payload; /* octets, of a block-wise body */
		uint32_t block_transfers, reassemblies;
		bool diagnostics;
	} coap;
	struct {
		struct rdl_conf_where where;
		uint16_t port; /* 0: there is no DTLS, and the rest is nobody's */
		struct rdl_conf_file credentials, key_file;
		/* A key alone is for raw public keys; with a certificate there is a CA, too. */
		struct rdl_conf_file certificate, key, ca, crl;
		struct rdl_conf_strings suites; /* in the order of liking; none: all */
		bool cid;
		bool cbc; /* suites with CBC are served, too */
		uint32_t cbc_sessions; /* with those, at once */
		bool endpoint_from_identity;
		uint64_t sessions; /* 0: as many as registrations */
		uint32_t session_idle_s;
		uint32_t handshakes; /* threads */
		uint32_t handshakes_max; /* under way at once; 0: derived */
		uint32_t handshake_timeout_s, retransmit_ms;
		uint32_t ticket_s; /* 0: none */
	} dtls;
	struct {
		struct rdl_conf_file directory; /* none: nothing outlives the process */
		enum rdl_conf_durability durability;
		uint32_t window_ms;
		uint32_t snapshot_s;
		uint32_t restart_grace_s;
		bool sessions; /* DTLS sessions outlive it, too */
		struct rdl_conf_file key_file; /* that seals those; none: one in the directory */
		uint32_t ring_kb; /* of changes on their way to the disk, a shard */
		/* Of logs, beyond what a start needs, to tell events from; 0: none are told. */
		uint32_t keep_mb;
	} state;
	struct {
		const char *version_text;
		struct rdl_conf_version version;
		uint32_t lifetime_min_s, lifetime_max_s, expiry_grace_s;
		bool security_object_refuse, mandatory_objects_refuse, sms_msisdn, text_plain;
		bool keep_attributes;
		struct rdl_conf_strings extra_parameters;
		uint32_t max_links;
		struct rdl_conf_objects objects_key, own_objects_key; /* as written */
		/* What the two make together: */
		bool all_objects; /* neither is there */
		unsigned object_count;
		struct rdl_conf_object *objects; /* ascending by id; own_objects win over objects */
	} lwm2m;
	struct {
		const char *known_file; /* NULL: every name is known */
		bool known_only; /* there is one */
		/* endpoint names, from that file */
		struct rdl_conf_strings known;
		struct rdl_conf_strings deny; /* glob patterns */
		struct rdl_conf_strings secured; /* the same, of names that need DTLS */
		bool unknown_forbidden; /* unknown_code = "4.03" */
	} endpoints;
	struct {
		uint32_t registers_per_s, burst, per_prefix; /* 0: no limit */
		uint32_t updates; /* a second, of one registration; the same */
	} admission;
	struct {
		struct rdl_conf_socket socket;
		uint32_t subscribers;
		uint32_t buffer_kb; /* of what waits for one subscriber */
		uint32_t ring_kb; /* of what is under way to them, a shard */
	} events;
	struct rdl_conf_socket control;
	struct {
		struct rdl_conf_socket socket; /* none: requests are not sent to devices */
		uint8_t mode; /* enum rdl_conf_mode */
		bool reset_unheard; /* observe_unheard = "reset" */
		uint32_t clients;
		uint32_t buffer_kb; /* of what waits for one of them */
		uint32_t per_endpoint; /* that wait */
		uint32_t outstanding; /* all that are not over, but for observations */
		uint32_t observations;
		uint32_t awake_s;
		uint32_t max_payload; /* octets, of a request or an answer */
		unsigned allow_count; /* 0: whoever may open the socket may send them */
		struct rdl_conf_allow allow[RDL_CONF_ALLOWS_MAX];
	} requests;
	struct rdl_conf_listen metrics;
	struct rdl_conf_strings eal_extra;
	enum rdl_conf_log_level log_level;
	struct rdl_conf_arena *arena; /* what everything above points into */
};

/*
 * Reads `path` and what it @includes; names in it are relative to the folder of `path`. Returns the
 * configuration, to be freed with rdl_conf_free(), or NULL after printing `FILE:LINE: what is
 * wrong` to `errors`: integers that libconfig would misread, and the first syntax error or every
 * semantic one, in the order of the text. A problem of the file as a whole, such as that it cannot
 * be opened, is `FILE: what is wrong`.
 */
RDL_MUST_CHECK struct rdl_conf *rdl_conf_load(const char *path, FILE *errors);
/*
 * The same of what is to follow a configuration that is in use. A pipe is no file then: what it
 * held at the start is gone, and nobody may wait for more. Registrations keep no major version of
 * their own: it cannot change.
 */
RDL_MUST_CHECK struct rdl_conf *rdl_conf_load_again(
	const char *path, const struct rdl_conf *running, FILE *errors);
void rdl_conf_free(struct rdl_conf *conf);

/* On what occasion the configuration is read, or the value of a key takes effect. */
enum rdl_conf_when { RDL_CONF_AT_START, RDL_CONF_AT_RELOAD };

/* A key that is no longer as it was. */
struct rdl_conf_change {
	char key[40]; /* in full: "lwm2m.version" */
	enum rdl_conf_when when; /* the new value takes effect */
	/*
	 * The values as they are written, cut where they are longer, or "absent". Both are empty
	 * for what is no single value: lists, arrays, the lines of a file.
	 */
	char was[64], now[64];
};
#define RDL_CONF_CHANGES_MAX 112

/*
 * Fills in each key that two configurations differ in, in the order of the schema; returns how
 * many. What is written otherwise and means the same is no change.
 */
unsigned rdl_conf_changes(const struct rdl_conf *was, const struct rdl_conf *now,
	struct rdl_conf_change changes[RDL_CONF_CHANGES_MAX]);

/* Whether a port shares its device with the kernel. */
bool rdl_conf_has_exception(const struct rdl_conf *conf);

/* Whether buffers must hold RDL_CONF_FRAME_MAX. */
bool rdl_conf_has_af_packet(const struct rdl_conf *conf);

#endif
