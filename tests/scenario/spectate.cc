/* SPDX-License-Identifier: MIT */
/* Linked into a test program: each simulation that it makes is seen by the spectator. */
#include "spectator.h"

namespace
{

const bool g_on = (scenario::Spectate(), true);

} // namespace
