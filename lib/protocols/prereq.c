/* SPDX-License-Identifier: MIT */
/* CURLOPT_PREREQFUNCTION: the program's last word before a request, whatever the protocol. */
#include "base/clock.h"
#include "boundary/ask.h"
#include "protocols/hop.h"

CURLcode hop_ask_program(struct hop *hop)
{
    struct ask *a;
    CURLcode result;

    if (!hop->settings->prereq_function)
        return CURLE_OK;
    result = send_facts(hop->exchange, hop->facts);
    if (result)
        return result;
    a = ask_new(hop->exchange, ASK_PREREQ);
    if (!a)
        return CURLE_OUT_OF_MEMORY;
    ask_send(a);
    result = ask_wait(a, CLOCK_NEVER);
    if (result)
        return result;
    if (a->answer != CURL_PREREQFUNC_OK)
        result = hop->hooks->fail(hop->hooks->owner, CURLE_ABORTED_BY_CALLBACK,
                                  "operation aborted by pre-request callback");
    ask_free(a);
    return result;
}
