/* SPDX-License-Identifier: MIT */
/* The spectator of sim/ looks at the nodes of an ns-3 simulation: it opens each message and packet
 * with the keys of its node, and sees nonces, windows, SPIs, lifetimes, path MTUs and secrets. */
#ifndef SCENARIOS_COMMON_SPECTATOR_H
#define SCENARIOS_COMMON_SPECTATOR_H

namespace scenario
{

/* From now on, for as long as the process lives. What breaks a rule is told on stderr, and ends it
 * with status 1. The log of ScenarioSpectator has at the end of each simulation how much was seen.
 */
void Spectate();
/* If the global value IkeletSpectator says so. */
void SpectateIfAsked();

} // namespace scenario

#endif
