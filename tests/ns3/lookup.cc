/* SPDX-License-Identifier: MIT */
/* A program that knows the module by name only: no header, no helper of it. */
#include <iostream>

#include "ns3/application.h"
#include "ns3/object-factory.h"
#include "ns3/string.h"

int main()
{
    ns3::TypeId tid = ns3::TypeId::LookupByName("ns3::IkeletNode");
    ns3::ObjectFactory factory(tid.GetName());
    factory.Set("CpuProfile", ns3::StringValue("msp430f1611"));
    bool made = factory.Create<ns3::Application>() != nullptr;
    std::cout << tid.GetName() << ": " << tid.GetAttributeN() << " attributes, "
              << tid.GetTraceSourceN() << " trace sources\n";
    return made ? 0 : 1;
}
