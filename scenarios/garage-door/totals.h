/* SPDX-License-Identifier: MIT */
/* What both worlds of garage-door begin and end with. */
#ifndef GARAGE_DOOR_TOTALS_H
#define GARAGE_DOOR_TOTALS_H

#include "ns3/ikelet-node.h"

#include "field.h"
#include "report.h"

namespace garage
{

/* A Run with the names of its nodes. */
Run MakeRun(const Options &options);
/* What a core node has counted, and has left. */
void CollectCore(ns3::Ptr<ns3::IkeletNode> core, NodeTotals *totals);
void CollectAir(const scenario::AirCount &air, NodeTotals *node, Totals *totals);

} // namespace garage

#endif
