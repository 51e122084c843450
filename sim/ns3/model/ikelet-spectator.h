/* SPDX-License-Identifier: MIT */
#ifndef IKELET_SPECTATOR_H
#define IKELET_SPECTATOR_H

#include "ikelet-engine.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief Sees all that core nodes are given and all that they do, as it happens.
 *
 * For tests, which look whether it is right: nobody looks unless one is set. It may read a node,
 * and changes nothing.
 */
class IkeletSpectator
{
  public:
    virtual ~IkeletSpectator() = default;

    /// \brief Power on; the pools lie there until the node is destroyed.
    virtual void Started(uint16_t node, const struct ik_node &core,
                         const std::vector<uint64_t> &pools) = 0;
    /// \brief Power off: all is wiped.
    virtual void Stopped(uint16_t node) = 0;
    /// \brief The core is about to be called with that.
    virtual void Given(uint16_t node, const struct ik_node &core,
                       const IkeletEngine::Input &input) = 0;
    /// \brief From the trace sink, within a call.
    virtual void Traced(uint16_t node, const struct ik_node &core,
                        const struct ik_trace_rec &rec) = 0;
    /// \brief A call has come back.
    virtual void Called(uint16_t node, const struct ik_node &core) = 0;
    /// \brief An effect that the call before has made; its data and path are the core's.
    virtual void Did(uint16_t node, const struct ik_effect &effect) = 0;

    /// \brief From now on it sees all nodes that start; nullptr: nobody does.
    static void Set(IkeletSpectator *spectator);
    static IkeletSpectator *Get();
};

} // namespace ns3

#endif
