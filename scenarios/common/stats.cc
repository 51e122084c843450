/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <algorithm>
#include <cmath>

namespace scenario
{

namespace
{

constexpr double kZ = 1.959963984540054; /* 97.5 % of the normal distribution */
constexpr uint64_t kEnoughForP95 = 20;

} // namespace

Order Ordered(std::vector<double> values)
{
    Order o;
    o.n = values.size();
    if (values.empty())
        return o;
    std::sort(values.begin(), values.end());
    size_t n = values.size();
    o.min = values.front();
    o.max = values.back();
    o.median = (values[(n - 1) / 2] + values[n / 2]) / 2;
    o.p95 = values[(n * 95 + 99) / 100 - 1];
    o.hasP95 = n >= kEnoughForP95;
    return o;
}

double StudentT(uint64_t degrees)
{
    static const double table[] = {
        12.706204736, 4.302652730, 3.182446305, 2.776445105, 2.570581836, 2.446911851,
        2.364624252,  2.306004135, 2.262157163, 2.228138852, 2.200985160, 2.178812830,
        2.160368656,  2.144786688, 2.131449546, 2.119905299, 2.109815578, 2.100922040,
        2.093024054,  2.085963447, 2.079613845, 2.073873068, 2.068657610, 2.063898562,
        2.059538553,  2.055529439, 2.051830516, 2.048407142, 2.045229642, 2.042272456};
    constexpr uint64_t kRows = sizeof table / sizeof table[0];
    if (degrees <= kRows)
        return table[std::max<uint64_t>(degrees, 1) - 1];
    /* Cornish-Fisher, good to 1e-5 from 31 on. */
    double v = static_cast<double>(degrees), z = kZ, z2 = z * z;
    return z + z * (z2 + 1) / (4 * v) + z * (5 * z2 * z2 + 16 * z2 + 3) / (96 * v * v) +
           z * (3 * z2 * z2 * z2 + 19 * z2 * z2 + 17 * z2 - 15) / (384 * v * v * v);
}

Mean MeanOf(const std::vector<double> &values)
{
    Mean m;
    m.n = values.size();
    if (values.empty())
        return m;
    double n = static_cast<double>(values.size()), squares = 0;
    for (double value : values)
        m.mean += value / n;
    for (double value : values)
        squares += (value - m.mean) * (value - m.mean);
    m.low = m.high = m.mean;
    if (values.size() < 2)
        return m;
    m.hasInterval = true;
    m.deviation = std::sqrt(squares / (n - 1));
    double half = StudentT(m.n - 1) * m.deviation / std::sqrt(n);
    m.low = m.mean - half;
    m.high = m.mean + half;
    return m;
}

Proportion ProportionOf(uint64_t good, uint64_t n)
{
    Proportion p;
    p.good = good;
    p.n = n;
    if (n == 0)
        return p;
    double count = static_cast<double>(n), z2 = kZ * kZ;
    p.value = static_cast<double>(good) / count;
    double centre = (p.value + z2 / (2 * count)) / (1 + z2 / count);
    double half = kZ / (1 + z2 / count) *
                  std::sqrt(p.value * (1 - p.value) / count + z2 / (4 * count * count));
    p.low = std::max(0.0, centre - half);
    p.high = std::min(1.0, centre + half);
    return p;
}

} // namespace scenario
