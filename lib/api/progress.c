/* SPDX-License-Identifier: MIT */
#include "api/progress.h"

#include "api/handle.h"
#include "api/meter.h"
#include "base/clock.h"

void progress_start(struct easy *e, int64_t now)
{
    e->progress = (struct progress){.started = now, .called = now};
}

void progress_look(struct easy *e)
{
    if (e->exchange && e->exchange->direct)
        e->progress.delivered = (curl_off_t)atomic_load(&e->exchange->delivered);
}

bool progress_wanted(const struct easy *e)
{
    return !e->settings->no_progress;
}

int64_t progress_due(const struct easy *e)
{
    return e->progress.called + (e->progress.told ? CLOCK_SECOND : PROGRESS_BETWEEN_US);
}

CURLcode progress_call(struct easy *e, int64_t now)
{
    const struct settings *s = e->settings;
    const struct facts *f = &e->facts;
    curl_off_t download_total = f->content_length > 0 ? f->content_length : 0;
    curl_off_t upload_total = f->upload_length > 0 ? f->upload_length : 0;
    int answer;

    e->progress.called = now;
    e->progress.told = true;
    progress_look(e);
    if (s->xferinfo_function)
        answer = s->xferinfo_function(s->progress_data, download_total, e->progress.delivered,
                                      upload_total, f->uploaded);
    else if (s->progress_function)
        answer = s->progress_function(s->progress_data, (double)download_total,
                                      (double)e->progress.delivered, (double)upload_total,
                                      (double)f->uploaded);
    else
        answer = CURL_PROGRESSFUNC_CONTINUE;
    if (answer == CURL_PROGRESSFUNC_CONTINUE) {
        meter_show(e, now);
        return CURLE_OK;
    }
    return answer ? CURLE_ABORTED_BY_CALLBACK : CURLE_OK;
}
