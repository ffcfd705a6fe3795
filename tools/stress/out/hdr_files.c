/* SPDX-License-Identifier: MIT */
/* HdrHistogram's files: its log and its table of percentiles; see hdr.h. */
#include "out/hdr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double ns_a_ms = 1e6;

void hdr_log_begin(FILE *file, double started_s)
{
    time_t whole = (time_t)started_s;
    struct tm utc;
    char date[64] = "";

    if (gmtime_r(&whole, &utc) != NULL) {
        strftime(date, sizeof(date), "%a %b %d %H:%M:%S UTC %Y", &utc);
    }
    fprintf(file,
            "#[Logged with curlpool-stress]\n"
            "#[Histogram log format version 1.3]\n"
            "#[StartTime: %.3f (seconds since epoch), %s]\n"
            "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
            "\"Interval_Compressed_Histogram\"\n",
            started_s, date);
}

/* A tag ends at a comma or a blank, so it has none. */
static void write_tag(FILE *file, const char *tag)
{
    fputs("Tag=", file);
    for (; *tag != '\0'; tag++) {
        fputc(strchr(", \t\r\n", *tag) != NULL ? '_' : *tag, file);
    }
    fputc(',', file);
}

bool hdr_log_add(FILE *file, const char *tag, double from_s, double length_s,
                 const struct histogram *histogram)
{
    char *text = hdr_encode(histogram);

    if (text == NULL) {
        return false;
    }
    if (tag != NULL) {
        write_tag(file, tag);
    }
    fprintf(file, "%.3f,%.3f,%.3f,%s\n", from_s, length_s, (double)histogram->max / ns_a_ms, text);
    free(text);
    return true;
}

bool hdr_log_read(FILE *file, struct histogram *into, long *line)
{
    char *text = NULL;
    size_t size = 0;
    bool works = true;

    *line = 0;
    while (works && getline(&text, &size, file) >= 0) {
        (*line)++;
        text[strcspn(text, "\r\n")] = '\0';
        if (text[0] == '#' || text[0] == '"' || text[0] == '\0') {
            continue;
        }
        const char *comma = strrchr(text, ',');
        works = comma != NULL && hdr_decode(into, comma + 1);
    }
    works = works && ferror(file) == 0;
    free(text);
    return works;
}

/* One line; the last has no 1/(1-percentile). */
static void write_row(FILE *file, uint64_t value_ns, double share, uint64_t seen)
{
    fprintf(file, "%12.3f %14.12f %10llu", (double)value_ns / ns_a_ms, share,
            (unsigned long long)seen);
    if (share < 1) {
        fprintf(file, " %14.2f", 1 / (1 - share));
    }
    fputc('\n', file);
}

/* The next share of which a line is written: five to each halving of what is left. */
static double next_share(double share)
{
    double halvings = floor(log2(1 / (1 - share))) + 1;

    return share + 1 / (5 * exp2(halvings));
}

static void write_rows(FILE *file, const struct histogram *histogram)
{
    double share = 0;
    uint64_t seen = 0;

    for (size_t i = 0; i < HISTOGRAM_CELLS && seen < histogram->count; i++) {
        if (histogram->cells[i] == 0) {
            continue;
        }
        seen += histogram->cells[i];
        if (seen == histogram->count) {
            break;
        }
        while ((double)seen / (double)histogram->count >= share && share < 1) {
            write_row(file, histogram_cell_high(i), share, seen);
            share = next_share(share);
        }
    }
    if (histogram->count > 0) {
        write_row(file, histogram->max, 1, histogram->count);
    }
}

void hdr_percentiles(FILE *file, const struct histogram *histogram)
{
    fprintf(file, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    write_rows(file, histogram);
    fprintf(file,
            "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n"
            "#[Max     = %12.3f, Total count    = %12llu]\n"
            "#[Buckets = %12d, SubBuckets     = %12d]\n",
            (double)histogram_mean(histogram) / ns_a_ms, histogram_deviation(histogram) / ns_a_ms,
            (double)histogram->max / ns_a_ms, (unsigned long long)histogram->count,
            HISTOGRAM_VALUE_BITS - HISTOGRAM_STEP_BITS, 2 << HISTOGRAM_STEP_BITS);
}
