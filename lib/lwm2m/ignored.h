/* SPDX-License-Identifier: BSD-3-Clause */
/* ignored: what was left out of an object list. */
#ifndef RDL_LWM2M_IGNORED_H
#define RDL_LWM2M_IGNORED_H

#include "base.h"

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

#endif
