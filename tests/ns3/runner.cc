/* SPDX-License-Identifier: MIT */
/* ns-3's test runner for the suites of the module; Debian's package has none. It names nothing of
 * the module: that its TypeIds are known here shows that no linker has lost them. */
#include "ns3/test.h"

int main(int argc, char **argv)
{
    return ns3::TestRunner::Run(argc, argv);
}
