/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Log lines: `level area: text key=value ...` on stderr, each with its syslog priority before it where that is the
 * journal's. Never from the packet path.
 */
#ifndef RDL_APP_LOG_H
#define RDL_APP_LOG_H

#include "conf.h"
#include "watch.h"

/* Looks at who reads stderr. */
void rdl_log_open(void);
void rdl_log_level(enum rdl_conf_log_level level);
void rdl_log(enum rdl_conf_log_level level, const char *area, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line that has words of its own, whatever level is shown. */
void rdl_log_line(enum rdl_conf_log_level level, const char *before, const char *text);

#define rdl_log_error(area, ...) rdl_log(RDL_CONF_LOG_ERROR, area, __VA_ARGS__)
#define rdl_log_warn(area, ...) rdl_log(RDL_CONF_LOG_WARN, area, __VA_ARGS__)
#define rdl_log_info(area, ...) rdl_log(RDL_CONF_LOG_INFO, area, __VA_ARGS__)
#define rdl_log_debug(area, ...) rdl_log(RDL_CONF_LOG_DEBUG, area, __VA_ARGS__)

/*
 * Lines of a kind of which there may be many: some in a time, the next one says with `swallowed=` how many there were
 * beside. By any thread.
 */
struct rdl_log_kind {
	enum rdl_conf_log_level level;
	const char *area;
	const char *what; /* such lines in short, for a line about those that no other follows */
	struct rdl_gate gate;
	struct rdl_log_kind *next; /* of those that were said */
	bool known;
};
void rdl_log_some(struct rdl_log_kind *kind, uint64_t now_ms, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Says what was swallowed of any kind, when its time is over. */
void rdl_log_rest(uint64_t now_ms);
/* { RDL_LOG_KIND(level, area, what) } of a static one. */
#define RDL_LOG_KIND(level_, area_, what_) .level = level_, .area = area_, .what = what_

#endif
