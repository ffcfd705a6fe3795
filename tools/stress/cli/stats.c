/* SPDX-License-Identifier: MIT */
/* See stats.h. */
#include "cli/stats.h"

#include <math.h>

/* The continued fraction of the incomplete beta function, by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
    static const double tiny = 1e-300;
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);

    d = 1 / (fabs(d) < tiny ? tiny : d);
    double result = d;
    for (int m = 1; m <= 500; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        const double terms[] = {even, odd};
        double before = result;
        for (int i = 0; i < 2; i++) {
            d = 1 + terms[i] * d;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = 1 + terms[i] / c;
            c = fabs(c) < tiny ? tiny : c;
            result *= c * d;
        }
        if (fabs(result - before) < 1e-15 * fabs(result)) {
            break;
        }
    }
    return result;
}

/* The regularized incomplete beta function. */
static double beta(double a, double b, double x)
{
    if (x <= 0 || x >= 1) {
        return x <= 0 ? 0 : 1;
    }
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2)) {
        return front * beta_fraction(a, b, x) / a;
    }
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double stats_t_p(double t, double freedom)
{
    return beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

double stats_t_of(double p, double freedom)
{
    double low = 0;
    double high = 1;

    while (stats_t_p(high, freedom) > p && high < 1e12) {
        high *= 2;
    }
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        if (stats_t_p(middle, freedom) > p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2;
}

bool stats_compare(struct stats *stats, const double *a, const double *b, size_t count)
{
    double sum = 0;
    double squares = 0;
    double n = (double)count;

    *stats = (struct stats){.p = 1};
    if (count < 2) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!(a[i] > 0) || !(b[i] > 0)) {
            return false;
        }
        stats->a_mean += a[i] / n;
        stats->b_mean += b[i] / n;
        sum += log(b[i] / a[i]);
    }
    double mean = sum / n;
    for (size_t i = 0; i < count; i++) {
        double off = log(b[i] / a[i]) - mean;
        squares += off * off;
    }
    double error = sqrt(squares / (n - 1) / n);
    double reach = stats_t_of(0.05, n - 1) * error;
    stats->difference = expm1(mean);
    stats->low = expm1(mean - reach);
    stats->high = expm1(mean + reach);
    if (error > 0) {
        stats->p = stats_t_p(mean / error, n - 1);
    } else {
        stats->p = fabs(mean) > 0 ? 0 : 1;
    }
    return true;
}

void stats_holm(const double *p, bool *differs, size_t count, double alpha)
{
    for (size_t i = 0; i < count; i++) {
        differs[i] = false;
    }
    for (size_t left = count; left > 0; left--) {
        size_t least = count;
        for (size_t i = 0; i < count; i++) {
            if (!differs[i] && (least == count || p[i] < p[least])) {
                least = i;
            }
        }
        if (least == count || p[least] > alpha / (double)left) {
            return;
        }
        differs[least] = true;
    }
}
