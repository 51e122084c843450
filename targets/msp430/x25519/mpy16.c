/* SPDX-License-Identifier: MIT */
#include "x25519/step.h"
#include "x25519/x25519.h"

IK_X25519(mpy16_x25519, ik_fe_mpy16_run, 29, 4);
