/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside conf. A file becomes a configuration in three steps: source.c expands @include into one
 * text and refuses what libconfig would misread, libconfig parses that text, and the groups' tables
 * (schema.c) judge what it found.
 */
#ifndef RDL_CONF_INTERNAL_H
#define RDL_CONF_INTERNAL_H

#include <libconfig.h>

#include "conf.h"

/*
 * Allocations that die together.
 * Each returns NULL when memory ran out, which the arena remembers.
 */
struct rdl_conf_arena {
	struct rdl_conf_block *blocks;
	bool exhausted;
};

void *rdl_conf_alloc(struct rdl_conf_arena *arena, size_t len); /* zeroed */
char *rdl_conf_copy(struct rdl_conf_arena *arena, const char *text);
void rdl_conf_arena_free(struct rdl_conf_arena *arena);

/* What one rdl_conf_load() works with. */
struct rdl_conf_loader {
	struct rdl_conf *conf;
	const char *path;
	const struct rdl_conf *running; /* what it is to follow; NULL: none, it is the start */
	const char *directory; /* where relative names start: of `path`, with its slash, or "" */
	struct rdl_conf_arena scratch; /* gone when the load is over */
	char *text; /* the expanded source */
	struct rdl_conf_segment *segments;
	struct rdl_conf_problem *problems, **problems_end;
};

/*
 * All of a file and a NUL behind it; NULL, and *why not: also of more than `limit` octets, and of
 * what is no file, such as a FIFO that nobody may ever write to.
 */
char *rdl_conf_slurp(const struct rdl_conf_loader *loader, struct rdl_conf_arena *arena,
	const char *path, size_t limit, size_t *len, const char **why);

/*
 * Notes something wrong. Problems are printed in the order of `line`, a line of the expanded
 * source; `where` is what the operator reads. Line 0 there: the whole file.
 */
__attribute__((format(printf, 4, 5))) void rdl_conf_problem(struct rdl_conf_loader *loader,
	unsigned line, struct rdl_conf_where where, const char *format, ...);
/* The same of a setting, whose path starts the sentence. */
__attribute__((format(printf, 3, 4))) void rdl_conf_complain(
	struct rdl_conf_loader *loader, const config_setting_t *setting, const char *format, ...);
void rdl_conf_problems_print(struct rdl_conf_loader *loader, FILE *out);

/* A number as libconfig's grammar has it. */
struct rdl_conf_literal {
	size_t len; /* 0: there is none */
	bool real;
	bool wide; /* an integer with an L behind it */
	bool fits_32, fits_64; /* of integers */
};
struct rdl_conf_literal rdl_conf_literal(const char *text);

/* Reads loader->path and what it includes into loader->text. False: no use in parsing it. */
bool rdl_conf_source_read(struct rdl_conf_loader *loader);
struct rdl_conf_where rdl_conf_source_where(const struct rdl_conf_loader *loader, unsigned line);
/* `name` as it is, or beside loader->path when it is relative; in the scratch arena. */
const char *rdl_conf_beside(struct rdl_conf_loader *loader, const char *name);

enum rdl_conf_kind {
	RDL_CONF_NUMBER, /* min..max */
	RDL_CONF_BOOLEAN,
	RDL_CONF_WORD, /* one of `words`; its index is stored */
	RDL_CONF_TEXT, /* of min..max octets */
	RDL_CONF_STRINGS, /* an array of texts of min..max octets */
	RDL_CONF_GROUP,
	RDL_CONF_LIST, /* of min..max groups */
};

/*
 * One key of a group: what may be written, where it goes, and when a new value takes effect.
 * Groups and lists are read by whoever owns them.
 */
struct rdl_conf_key {
	const char *name;
	enum rdl_conf_kind kind;
	enum rdl_conf_when when;
	bool required;
	uint8_t size; /* octets of the place; 0: there is none */
	size_t offset;
	long long min, max;
	long long preset;
	const char *preset_text;
	const char *const *words; /* NULL behind the last */
	const char *(*wrong)(const char *text); /* what is wrong with a text or string, or NULL */
	/* Takes a text for what it means. `setting` is NULL when it is the preset. */
	void (*read)(struct rdl_conf_loader *loader, const config_setting_t *setting,
		const char *text, void *base);
	/* Whether two are the same, of what its owner reads: a list, the meaning of a text. */
	bool (*same)(const struct rdl_conf *a, const struct rdl_conf *b);
};

struct rdl_conf_group {
	const struct rdl_conf_key *keys;
	size_t key_count;
};

#define RDL_CONF_GROUP_OF(table)            \
	{                                   \
		table, RDL_ARRAY_LEN(table) \
	}
/* Where a key's value goes: a field of `type`. */
#define RDL_CONF_FIELD(type, field) \
	.offset = offsetof(type, field), .size = sizeof(((type *)NULL)->field)

/* A group whose keys go into struct rdl_conf. */
struct rdl_conf_section {
	const char *name; /* NULL: the whole configuration */
	struct rdl_conf_group group;
};
#define RDL_CONF_SECTIONS 14
extern const struct rdl_conf_section rdl_conf_sections[RDL_CONF_SECTIONS];
#define RDL_CONF_DTLS_KEYS 19
extern const struct rdl_conf_key rdl_conf_dtls_keys[RDL_CONF_DTLS_KEYS];
#define RDL_CONF_REQUESTS_KEYS 12
extern const struct rdl_conf_key rdl_conf_requests_keys[RDL_CONF_REQUESTS_KEYS];
/* What one entry of `ports` holds, of `objects` or `own_objects`, and of `requests.allow`. */
extern const struct rdl_conf_group rdl_conf_port_group, rdl_conf_object_group, rdl_conf_allow_group;

/* sun_path holds so many octets and a NUL. */
#define RDL_CONF_SOCKET_PATH_MAX 107
/* What is wrong with the path of a socket, or NULL. */
const char *rdl_conf_wrong_socket(const char *text);

/* Gives `base` what the table says for absent keys. */
void rdl_conf_presets(
	struct rdl_conf_loader *loader, const struct rdl_conf_group *group, void *base);
/* Reads the scalars and strings of one group into `base`, and checks every key of it. */
void rdl_conf_read_group(struct rdl_conf_loader *loader, const struct rdl_conf_group *group,
	const config_setting_t *setting, void *base);
/* Fills `strings`; its `items` is NULL when there are none. */
void rdl_conf_read_strings(struct rdl_conf_loader *loader, const config_setting_t *setting,
	struct rdl_conf_strings *strings);
/* Where a setting stands; as long as the configuration. */
struct rdl_conf_where rdl_conf_where_of(
	struct rdl_conf_loader *loader, const config_setting_t *setting);
/* A file that a key names, whose text is in file->path: beside the configuration, and where. */
void rdl_conf_find_file(struct rdl_conf_loader *loader, const config_setting_t *group,
	const char *name, struct rdl_conf_file *file);
/* The member of that name and type, or NULL. */
const config_setting_t *rdl_conf_member(const config_setting_t *group, const char *name, int type);

/* "MAJOR.MINOR", neither above its maximum. */
bool rdl_conf_version_parse(
	const char *text, uint16_t major_max, uint16_t minor_max, struct rdl_conf_version *version);
/* "ADDRESS:PORT", an IPv6 address in brackets. */
bool rdl_conf_listen_parse(const char *text, struct rdl_conf_listen *listen);
/* Reads 1*DIGIT up to `max`. */
bool rdl_conf_number_parse(const char *text, size_t len, unsigned max, unsigned *value);

/* The owners. `root` is the whole configuration, `lwm2m` its group. */
void rdl_conf_read_ports(struct rdl_conf_loader *loader, const config_setting_t *root);
/* Of ports that are read, each with its setting in the list. */
void rdl_conf_read_rings(struct rdl_conf_loader *loader, const config_setting_t *ports);
/* Of groups that are read. */
void rdl_conf_read_dtls(struct rdl_conf_loader *loader, const config_setting_t *root);
void rdl_conf_read_requests(struct rdl_conf_loader *loader, const config_setting_t *root);
void rdl_conf_read_objects(struct rdl_conf_loader *loader, const config_setting_t *lwm2m);
void rdl_conf_read_addresses(
	struct rdl_conf_loader *loader, const config_setting_t *group, struct rdl_conf_port *port);
void rdl_conf_read_cores(struct rdl_conf_loader *loader, const config_setting_t *setting,
	const char *text, void *base);
void rdl_conf_read_known(struct rdl_conf_loader *loader, const config_setting_t *setting,
	const char *text, void *base);
/* Of the same keys: whether two configurations have the same. */
bool rdl_conf_same_ports(const struct rdl_conf *a, const struct rdl_conf *b);
bool rdl_conf_same_objects(const struct rdl_conf *a, const struct rdl_conf *b);
bool rdl_conf_same_own_objects(const struct rdl_conf *a, const struct rdl_conf *b);
bool rdl_conf_same_cores(const struct rdl_conf *a, const struct rdl_conf *b);
bool rdl_conf_same_known(const struct rdl_conf *a, const struct rdl_conf *b);
bool rdl_conf_same_allows(const struct rdl_conf *a, const struct rdl_conf *b);

bool rdl_conf_same_strings(const struct rdl_conf_strings *a, const struct rdl_conf_strings *b);
/* NULL is the same as NULL only. */
bool rdl_conf_same_text(const char *a, const char *b);

#endif
