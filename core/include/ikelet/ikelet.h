/* SPDX-License-Identifier: MIT */
/* All that a host includes. */
#ifndef IKELET_IKELET_H
#define IKELET_IKELET_H

#include "ikelet/ik_node.h"

#endif
