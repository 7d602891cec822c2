/* SPDX-License-Identifier: BSD-3-Clause */
/* Capabilities (capabilities(7)) that drivers need of this process. */
#ifndef RDL_DEVICE_RIGHTS_H
#define RDL_DEVICE_RIGHTS_H

#include <stddef.h>

enum {
	RIGHT_NET_RAW = 1,
	RIGHT_NET_ADMIN = 2,
	RIGHT_BPF = 4, /* to load a program for an interface */
};

/* Which of `needs` this process lacks, and their names: "CAP_NET_RAW, CAP_BPF". */
unsigned rights_missing(unsigned needs, char *names, size_t len);

#endif
