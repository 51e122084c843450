/* SPDX-License-Identifier: MIT */
/* The spectator sees what happens in ns-3: a host that lies to it, or to a node, is found out. */
#include "ns3/ikelet-spectator.h"

#include "pair.h"

#include <criterion/criterion.h> /* last: ns-3 has names of its macros */

using namespace pair;

namespace
{

/* Hands on what it is told, but for one thing. */
class Liar : public IkeletSpectator
{
  public:
    Liar()
    {
        Set(this);
    }
    ~Liar() override
    {
        Set(m_told);
    }

    void Started(uint16_t node, const struct ik_node &core,
                 const std::vector<uint64_t> &pools) override
    {
        m_told->Started(node, core, pools);
    }
    void Stopped(uint16_t node) override
    {
        m_told->Stopped(node);
    }
    void Given(uint16_t node, const struct ik_node &core, const IkeletEngine::Input &input) override
    {
        bool ike =
            input.kind == IkeletEngine::InputKind::Rx && input.path.carrier != IK_CARRIER_ESP;
        if (!(hidesIke && ike))
            m_told->Given(node, core, input);
    }
    void Traced(uint16_t node, const struct ik_node &core, const struct ik_trace_rec &rec) override
    {
        m_told->Traced(node, core, rec);
    }
    void Called(uint16_t node, const struct ik_node &core) override
    {
        m_told->Called(node, core);
    }
    void Did(uint16_t node, const struct ik_effect &effect) override
    {
        bool esp = effect.kind == IK_FX_SEND && effect.path->carrier == IK_CARRIER_ESP;
        for (int times = esp ? espTimes : 1; times > 0; times--)
            m_told->Did(node, effect);
    }

    bool hidesIke = false;
    int espTimes = 1;

  private:
    IkeletSpectator *m_told = Get();
};

void Talk()
{
    Pair p;
    p.InstallBoth();
    Talker alice(p.nodes.Get(0), 7, false), bob(p.nodes.Get(1), 7, false);
    for (int at = 3; at < 6; at++)
        alice.Send(Seconds(at), p.At(1, 7));
    Simulator::Stop(Seconds(10));
    Simulator::Run();
    cr_assert_geq(bob.got.size(), 2);
}

} // namespace

Test(spectator, is_content)
{
    cr_assert_not_null(IkeletSpectator::Get());
    Talk();
}

Test(spectator, response_that_answers_nothing, .exit_code = 1)
{
    Liar liar;
    liar.hidesIke = true;
    Talk();
}

Test(spectator, packet_that_leaves_twice, .exit_code = 1)
{
    Liar liar;
    liar.espTimes = 2;
    Talk();
}

Test(spectator, packet_that_nobody_has_sealed, .exit_code = 1)
{
    Liar liar;
    liar.espTimes = 0;
    Talk();
}
