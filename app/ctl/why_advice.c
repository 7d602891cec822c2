/* SPDX-License-Identifier: BSD-3-Clause */
/* What to do about it: in the configuration where that has a say, else in the device. */
#include <stddef.h>
#include <string.h>

#include "base.h"
#include "why_command.h"

struct advice {
	const char *name, *text;
};

static const struct advice refused[] = {
	{ "bad_option",
		"the device sends a CoAP option that must be understood and is not: 1 If-Match, "
		"5 If-None-Match, 9 OSCORE, 19 Q-Block1; 27 is Block1, with a value that is none. "
		"Turn it off in the device" },
	{ "proxy", "the device takes the gateway for a proxy: take the proxy out of its settings" },
	{ "path", "the server's URI in the device has a path, or the request is none of "
		  "registration: Registers go to /rd" },
	{ "location", "its registration was over: a Register took its place, its lifetime ended "
		      "before the Update came, or a gateway without the group state was restarted. "
		      "A device that does not register by itself then must be restarted" },
	{ "method", "the device asks for something else than Register, Update and De-register" },
	{ "delete_rd", "the device de-registers without its location" },
	{ "version_syntax", "the parameter lwm2m of the device is no version, such as 1.1" },
	{ "version", "the device speaks another version than are served: most register with an "
		     "older one then; else lwm2m.version names the highest that is served" },
	{ "repeated", "the device gives a parameter twice: mend the device" },
	{ "unknown_parameter", "lwm2m.extra_parameters lets the parameter pass" },
	{ "endpoint_missing", "the device names no endpoint: give it one, or, under DTLS, "
			      "dtls.endpoint_from_identity = true takes it from its identity" },
	{ "endpoint_syntax", "the device's endpoint name is no UTF-8, or too long" },
	{ "lifetime_syntax", "the device's lifetime is no number of seconds" },
	{ "binding", "the device's binding is none of its version: it is registered with another "
		     "version than it thinks, or lwm2m.version is below 1.2" },
	{ "queue", "the device says Q where its version has none, or with a value" },
	{ "sms", "the device's number for SMS is no number: lwm2m.sms_msisdn = false lets any text "
		 "pass" },
	{ "update_parameter", "the device repeats in Updates what only a Register may say: "
			      "lwm2m.extra_parameters lets most of these pass, see rdline.conf(5), "
			      "FLEETS THAT NEED A SWITCH" },
	{ "update_mismatch", "the device's Update names another endpoint or version than it "
			     "registered: it has mixed up its locations" },
	{ "block_size", "the device's blocks are of no size (RFC 7959): mend the device" },
	{ "block_length", "the device's blocks are shorter than they say: mend the device" },
	{ "block_gap", "a block was lost or came too late: it begins anew. Where it goes on, "
		       "coap.block_transfers is too small for how many begin at once" },
	{ "too_large", "the device's object list is longer than coap.max_payload" },
	{ "endpoint_unknown", "its name is not in the file of endpoints.known" },
	{ "endpoint_unknown_forbidden", "its name is not in the file of endpoints.known" },
	{ "endpoint_barred", "endpoints.deny has a pattern that matches its name" },
	{ "endpoint_secured", "a credential or endpoints.secured names it, or it is registered "
			      "under DTLS: it may register under DTLS only. Give the device its "
			      "key, or take the credential or the pattern away" },
	{ "endpoint_identity",
		"the device has proved to be somebody who may not register this "
		"name: rdline-ctl credential add IDENTITY KEY ENDPOINT says which it "
		"may; of certificates the CN is the name" },
	{ "other_identity", "it was registered by another identity, or under DTLS and now in clear "
			    "text: a Register by this one takes its place where it may" },
	{ "content_format", "the device's object list is sent as something else than "
			    "application/link-format: lwm2m.text_plain = true takes text/plain" },
	{ "payload_missing", "the device registers without an object list: mend the device" },
	{ "link_syntax", "the device's object list breaks RFC 6690 where it is marked: mend the "
			 "device" },
	{ "root_length", "the device's alternate path is longer than 64 octets" },
	{ "links_too_many", "the device's object list has more links than lwm2m.max_links" },
	{ "security_object", "the device lists its Security Object: lwm2m.security_object = "
			     "\"strip\" leaves it out" },
	{ "mandatory_objects", "the device does not list the objects that it must have: "
			       "lwm2m.mandatory_objects = \"accept\" lets it in" },
};

/* Of what is shed, and whose it may be. */
static const struct advice shed[] = {
	{ "drop_fragment_crowded", "coap.reassemblies is too small for how many datagrams come in "
				   "fragments, or one network floods" },
	{ "drop_blocks_full", "coap.block_transfers is too small for how many lists come in blocks "
			      "at once, or one network floods" },
	{ "drop_scratch_full", "too many long lists at once: they come again" },
	{ "drop_shed_backlog", "a worker does not keep up: more workers" },
	{ "drop_shed_register", "a shard does not keep up: more shards" },
	{ "drop_shed_update", "a shard does not keep up: more shards" },
	{ "drop_shed_deregister", "a shard does not keep up: more shards" },
	{ "drop_shed_answer", "a shard does not keep up: more shards" },
	{ "drop_shed_send", "a shard does not keep up: more shards" },
	{ "drop_admission_rate", "more register than admission.registers_per_s lets in: it comes "
				 "again, or raise that" },
	{ "drop_admission_prefix", "more register from its network than admission.per_prefix lets "
				   "in: many devices behind one address, or a flood" },
	{ "drop_admission_update", "it updates more often than admission.updates: a device that "
				   "loops, or raise that" },
	{ "drop_registry_full", "memory.registrations are registered: raise that, and restart" },
	{ "drop_store_full", "object lists, long names and parameters have used up their memory: "
			     "raise memory.registrations or memory.name_octets, or, where one "
			     "network does it, look at memory.prefix_percent" },
	{ "drop_unread_list", "too many Updates bring lists under an alternate path that they do "
			      "not name: they come again" },
	{ "drop_journal_register", "the disk of state.directory is slow, full, or has failed: "
				   "rdline-ctl state" },
	{ "drop_journal_update", "the disk of state.directory is slow, full, or has failed: "
				 "rdline-ctl state" },
	{ "drop_journal_deregister", "the disk of state.directory is slow, full, or has failed: "
				     "rdline-ctl state" },
	{ "drop_net_frame", "there are no buffers: a port that does not send" },
	{ "drop_dtls_parcel", "a thread that makes handshakes does not keep up: more "
			      "dtls.handshakes" },
	{ "drop_dtls_cbc", "a thread that makes handshakes does not keep up with sessions of CBC: "
			   "more dtls.handshakes" },
	{ "drop_dtls_flight", "there are no buffers for handshakes, or no way to their peers" },
	{ "drop_dtls_rest", "devices put more records into a datagram than are read" },
	{ "drop_dtls_note", "a worker does not keep up: more workers" },
	{ "drop_dtls_elsewhere",
		"a worker does not keep up with what reaches others: more workers" },
	{ "drop_exception_rate", "more came for the kernel than ports.exception_per_s" },
	{ "drop_exception_full", "the kernel does not take what comes for it" },
	{ "drop_exception_down", "the kernel's interface is down" },
	{ "drop_exception_buffer", "there are no buffers for what the kernel sends" },
	{ "drop_tx_gone", "a port's device was taken out: devices have to reach another one" },
	{ "drop_tx_full", "a port does not send what it is given: its link, or its queue" },
};

static const struct advice handshake[] = {
	{ "identity", "no credential has this identity: rdline-ctl credential add" },
	{ "key", "the device has another key than its credential: provision one of the two anew, "
		 "rdline-ctl credential add replaces a key" },
	{ "certificate", "the device's certificate is of none of the CAs in dtls.ca, has expired, "
			 "is revoked by dtls.crl, or it sent none" },
	{ "suite", "the device offers no suite that is served: dtls.suites, or dtls.cbc = true for "
		   "old modems; or no certificate of ours for those that it offers" },
	{ "alert", "the device gave up: it has another key, does not trust our certificate, or "
		   "does not like what was chosen" },
	{ "protocol", "the device's messages are malformed, or somebody else's" },
	{ "timeout", "the device did not go on: its answers or ours are lost on the way, often "
		     "those that are longer than a path's MTU, or it was restarted" },
	{ "removed", "its credential was removed or changed meanwhile: it comes again" },
	{ "database", "the database of credentials does not answer: its disk, or its rights" },
	{ "room", "no room for another handshake or identity: dtls.handshakes_max, "
		  "dtls.sessions, memory" },
};

static const char *find(const struct advice all[], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].text;
	return NULL;
}

const char *why_advice_refused(const char *reason)
{
	return find(refused, RDL_ARRAY_LEN(refused), reason);
}

const char *why_advice_shed(const char *counter)
{
	return find(shed, RDL_ARRAY_LEN(shed), counter);
}

const char *why_advice_handshake(const char *failure)
{
	return find(handshake, RDL_ARRAY_LEN(handshake), failure);
}
