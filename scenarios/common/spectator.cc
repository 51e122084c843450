/* SPDX-License-Identifier: MIT */
#include "spectator.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "ns3/boolean.h"
#include "ns3/global-value.h"
#include "ns3/log.h"
#include "ns3/simulator.h"

#include "ns3/ikelet-spectator.h"

extern "C" {
#include "sim/spy.h"
}

namespace scenario
{

using namespace ns3;

NS_LOG_COMPONENT_DEFINE("ScenarioSpectator");

namespace
{

GlobalValue g_asked("IkeletSpectator",
                    "Open each message and packet, and end if one breaks a rule of the protocol",
                    BooleanValue(false), MakeBooleanChecker());

void Fails(void *, const char *why)
{
    std::fprintf(stderr, "spectator: %.6f s: %s\n", Simulator::Now().GetSeconds(), why);
    std::exit(1);
}

class Spectator : public IkeletSpectator
{
  public:
    void Started(uint16_t node, const struct ik_node &core,
                 const std::vector<uint64_t> &pools) override
    {
        if (!m_spy)
            Open();
        Tick();
        sim_spy_memory(m_spy, node, "the node", &core, sizeof core);
        sim_spy_memory(m_spy, node, "the pools", pools.data(), pools.size() * sizeof pools[0]);
        sim_spy_fragment(m_spy, node, Largest(core));
    }

    void Stopped(uint16_t node) override
    {
        if (m_spy)
            sim_spy_off(m_spy, node);
    }

    void Given(uint16_t node, const struct ik_node &core, const IkeletEngine::Input &input) override
    {
        auto len = static_cast<uint16_t>(input.data.size());
        Tick();
        if (input.kind == IkeletEngine::InputKind::Rx)
            sim_spy_arrived(m_spy, node, input.path.carrier, input.data.data(), len);
        else if (input.kind == IkeletEngine::InputKind::Tx)
            sim_spy_asked(m_spy, node, input.data.data(), len);
        else if (input.kind == IkeletEngine::InputKind::TooBig)
            sim_spy_too_big(m_spy, node, &input.path, {input.data.data(), len}, input.index);
        else if (input.kind == IkeletEngine::InputKind::Down)
            sim_check_work_of(m_spy, node, core.ike_used);
    }

    void Traced(uint16_t node, const struct ik_node &core, const struct ik_trace_rec &rec) override
    {
        sim_spy_trace(m_spy, node, &core, &rec);
    }

    void Called(uint16_t node, const struct ik_node &core) override
    {
        sim_spy_called(m_spy, node, &core);
    }

    void Did(uint16_t node, const struct ik_effect &effect) override
    {
        if (effect.kind == IK_FX_SEND)
            sim_spy_sent(m_spy, node, effect.path, effect.outer.df, effect.data, effect.len);
        else if (effect.kind == IK_FX_DELIVER && !IsOwn(effect))
            sim_spy_delivered(m_spy, node, effect.data, effect.len);
    }

  private:
    void Open()
    {
        m_spy = static_cast<struct sim_spy *>(std::calloc(1, sizeof *m_spy));
        if (!m_spy)
            std::abort();
        sim_spy_init(m_spy, Fails, nullptr);
        Simulator::ScheduleDestroy(&Spectator::Close, this);
    }

    /* The next simulation has other nodes of the same numbers. */
    void Close()
    {
        NS_LOG_INFO(m_spy->opened << " messages and packets opened, no rule broken");
        sim_spy_free(m_spy);
        std::free(m_spy);
        m_spy = nullptr;
    }

    void Tick()
    {
        m_spy->now = static_cast<ik_time>(Simulator::Now().GetMicroSeconds());
    }

    /* What the core makes itself came by no SA. */
    static bool IsOwn(const struct ik_effect &effect)
    {
        return !effect.path && sim_check_is_icmp(effect.data, effect.len);
    }

    static uint16_t Largest(const struct ik_node &core)
    {
        uint16_t most = 0;
        for (uint16_t i = 0; core.host.reassemblies_n > 0 && i < core.config->peers_n; i++)
            most = std::max(most, core.config->peers[i].fragment);
        return most;
    }

    struct sim_spy *m_spy = nullptr;
};

} // namespace

void Spectate()
{
    static Spectator spectator;
    IkeletSpectator::Set(&spectator);
}

void SpectateIfAsked()
{
    BooleanValue asked;
    g_asked.GetValue(asked);
    if (asked.Get())
        Spectate();
}

} // namespace scenario
