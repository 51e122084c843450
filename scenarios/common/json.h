/* SPDX-License-Identifier: MIT */
/* summary.json of every scenario: keys in the order written, numbers that print alike everywhere,
 * units in the keys. */
#ifndef SCENARIO_JSON_H
#define SCENARIO_JSON_H

#include <string>
#include <utility>
#include <vector>

#include <jansson.h>

#include "settings.h"
#include "stats.h"

namespace scenario
{

/* New references, as jansson's own. */
json_t *Number(uint64_t n);
/* Rounded to so many decimals: the noise of binary fractions is in no file. NaN is null. */
json_t *Real(double value, int decimals = 6);
/* {n, min, median, p95, max}; null where there is nothing to count, p95 for fewer than 20 values.
 */
json_t *OrderObject(const std::vector<double> &values, int decimals = 3);
/* {n, mean, deviation, ci95_low, ci95_high}; null where there are too few values. */
json_t *MeanObject(const std::vector<double> &values, int decimals = 6);
/* {good, n, rate, ci95_low, ci95_high} */
json_t *ProportionObject(uint64_t good, uint64_t n);
/* {name: number} */
json_t *CountsObject(const std::vector<std::pair<std::string, uint64_t>> &counts);
/* {name: millijoule} of joules */
json_t *LedgerObject(const std::vector<std::pair<std::string, double>> &joules);
/* What the air was: the loss model, CSMA and retries, 6LoWPAN. */
json_t *AirObject(const AirOptions &air);
json_t *PowerObject(const PowerOptions &power);
/* {project, commit, ns3}: what made the file. It differs from build to build; all else does not. */
json_t *MadeBy();

/* How something was run, as words for people: seed, runs, the members of objects that have a value,
 * and what it was made by. A name that comes again is left out; an object may be null. */
std::vector<std::pair<std::string, std::string>>
HowItWasRun(uint32_t seed, size_t runs, const std::vector<const json_t *> &objects);

/* Writes and frees it. False if it can't be written (errno tells). */
bool WriteJson(const std::string &path, json_t *object);

} // namespace scenario

#endif
