/* SPDX-License-Identifier: MIT */
/* Order statistics and confidence intervals; nothing of ns-3 in it. */
#ifndef SCENARIO_STATS_H
#define SCENARIO_STATS_H

#include <cstdint>
#include <vector>

namespace scenario
{

/* n 0: all 0. p95 is the smallest value that at least 95 % do not exceed (nearest rank); hasP95 is
 * false for fewer than 20 values, of which one would be it. */
struct Order {
    uint64_t n = 0;
    double min = 0, median = 0, p95 = 0, max = 0;
    bool hasP95 = false;
};
Order Ordered(std::vector<double> values);

/* The mean with its 95 % interval by Student's t. hasInterval is false for fewer than two values.
 */
struct Mean {
    uint64_t n = 0;
    double mean = 0, deviation = 0, low = 0, high = 0;
    bool hasInterval = false;
};
Mean MeanOf(const std::vector<double> &values);

/* A proportion with its 95 % interval by Wilson's score. n 0: from 0 to 1. */
struct Proportion {
    uint64_t good = 0, n = 0;
    double value = 0, low = 0, high = 1;
};
Proportion ProportionOf(uint64_t good, uint64_t n);

/* The 97.5 % point of Student's t with so many degrees of freedom, 1 at least. */
double StudentT(uint64_t degrees);

} // namespace scenario

#endif
