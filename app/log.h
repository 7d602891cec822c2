/* SPDX-License-Identifier: BSD-3-Clause */
/* Log lines: `level area: text key=value ...` on stderr. Never from the packet path. */
#ifndef RDL_APP_LOG_H
#define RDL_APP_LOG_H

#include "conf.h"

void rdl_log_level(enum rdl_conf_log_level level);
void rdl_log(enum rdl_conf_log_level level, const char *area, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define rdl_log_error(area, ...) rdl_log(RDL_CONF_LOG_ERROR, area, __VA_ARGS__)
#define rdl_log_warn(area, ...) rdl_log(RDL_CONF_LOG_WARN, area, __VA_ARGS__)
#define rdl_log_info(area, ...) rdl_log(RDL_CONF_LOG_INFO, area, __VA_ARGS__)
#define rdl_log_debug(area, ...) rdl_log(RDL_CONF_LOG_DEBUG, area, __VA_ARGS__)

#endif
