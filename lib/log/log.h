/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log: lines `level area: text key=value ...` on stderr, each with its syslog priority before it
 * where that is the journal's. Any thread, never from the packet path.
 */
#ifndef RDL_LOG_H
#define RDL_LOG_H

#include "watch.h"

enum rdl_log_level {
	RDL_LOG_ERROR,
	RDL_LOG_WARN,
	RDL_LOG_INFO,
	RDL_LOG_DEBUG,
};

/* Looks at who reads stderr. By the main thread, before there is another, and so the next. */
void rdl_log_open(void);
/* Shows what is of this level or above; of RDL_LOG_INFO where nobody says. */
void rdl_log_show(enum rdl_log_level level);
void rdl_log(enum rdl_log_level level, const char *area, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line that has words of its own, whatever level is shown. */
void rdl_log_line(enum rdl_log_level level, const char *before, const char *text);

/* A line would go out now, without waiting for whoever reads: for what must not be held up. */
bool rdl_log_flows(void);

#define rdl_log_error(area, ...) rdl_log(RDL_LOG_ERROR, area, __VA_ARGS__)
#define rdl_log_warn(area, ...) rdl_log(RDL_LOG_WARN, area, __VA_ARGS__)
#define rdl_log_info(area, ...) rdl_log(RDL_LOG_INFO, area, __VA_ARGS__)
#define rdl_log_debug(area, ...) rdl_log(RDL_LOG_DEBUG, area, __VA_ARGS__)

/*
 * Lines of a kind of which there may be many: ten in ten seconds. The next one says with
 * `swallowed=` how many there were beside.
 */
struct rdl_log_kind {
	enum rdl_log_level level;
	const char *area;
	/* Such lines in short, for a line about those that no other follows. */
	const char *what;
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
