/* SPDX-License-Identifier: BSD-3-Clause */
/* What entries say at a glance: nothing of a registry is needed for it. */
#include "entry_write.h"

bool rdl_entry_is_session(struct rdl_span octets, struct rdl_entry_session *session)
{
	if (octets.len != RDL_ENTRY_SESSION_LEN || octets.data[0] != RDL_ENTRY_SESSION)
		return false;
	memcpy(&session->handle, octets.data + 2, 4);
	memcpy(&session->generation, octets.data + 6, 4);
	memcpy(&session->session, octets.data + RDL_ENTRY_HEAD, 8);
	memcpy(&session->read_sequence, octets.data + RDL_ENTRY_HEAD + 8, 8);
	memcpy(&session->seconds, octets.data + RDL_ENTRY_HEAD + 16, 4);
	return true;
}

rdl_handle rdl_sweep_told(struct rdl_span entry)
{
	rdl_handle handle = RDL_HANDLE_NONE;

	if (entry.data[0] == RDL_ENTRY_REGISTRATION)
		memcpy(&handle, entry.data + 2, sizeof(handle));
	return handle;
}
