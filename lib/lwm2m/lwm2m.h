/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwm2m: the request model of the registration interface (LwM2M TS 1.0 section 5.3, 1.1 and 1.2
 * section 6.2): what a CoAP request asks, its query parameters, the object list, and the location
 * path. A header for each noun; this one has them all. Pure; any core may call it.
 */
#ifndef RDL_LWM2M_H
#define RDL_LWM2M_H

#include "endpoint.h"
#include "ignored.h"
#include "input.h"
#include "location.h"
#include "object_list.h"
#include "object_reader.h"
#include "parameters.h"
#include "reason.h"
#include "reply.h"
#include "request.h"
#include "values.h"

#endif
