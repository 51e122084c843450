/* SPDX-License-Identifier: MIT */
#include "ikelet-helper.h"

#include "ns3/log.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletHelper");

IkeletHelper::IkeletHelper() : m_factory("ns3::IkeletNode")
{
}

void IkeletHelper::SetAttribute(const std::string &name, const AttributeValue &value)
{
    m_factory.Set(name, value);
}

uint16_t IkeletHelper::AddPeer(const IkeletPeer &peer)
{
    m_peers.push_back(peer);
    return static_cast<uint16_t>(m_peers.size() - 1);
}

uint16_t IkeletHelper::AddPolicy(const IkeletPolicy &policy)
{
    m_policies.push_back(policy);
    return static_cast<uint16_t>(m_policies.size() - 1);
}

void IkeletHelper::AddManual(const IkeletManual &manual)
{
    m_manuals.push_back(manual);
}

void IkeletHelper::Clear()
{
    m_manuals.clear();
    m_peers.clear();
    m_policies.clear();
}

void IkeletHelper::EnableKeyLog(const std::string &directory)
{
    m_keyLog = std::make_shared<IkeletKeyLog>(directory);
}

void IkeletHelper::EnablePcap(const std::string &prefix)
{
    m_pcapPrefix = prefix;
}

void IkeletHelper::EnableAscii(const std::string &prefix)
{
    m_asciiPrefix = prefix;
}

ApplicationContainer IkeletHelper::Install(NodeContainer nodes) const
{
    ApplicationContainer applications;
    for (auto node = nodes.Begin(); node != nodes.End(); ++node)
        applications.Add(Install(*node));
    return applications;
}

ApplicationContainer IkeletHelper::Install(Ptr<Node> node) const
{
    NS_LOG_INFO("node " << node->GetId() << ": " << m_peers.size() << " peers, "
                        << m_policies.size() << " policies beside those of Config");
    Ptr<IkeletNode> application = m_factory.Create<IkeletNode>();
    for (const IkeletPeer &peer : m_peers)
        application->Config().AddPeer(peer);
    for (const IkeletPolicy &policy : m_policies)
        application->Config().AddPolicy(policy);
    for (const IkeletManual &manual : m_manuals)
        application->Config().AddManual(manual);
    if (m_keyLog)
        application->SetKeyLog(m_keyLog);
    if (!m_pcapPrefix.empty())
        application->EnablePcap(m_pcapPrefix + "-" + std::to_string(node->GetId()) + ".pcap");
    node->AddApplication(application);
    if (!m_asciiPrefix.empty())
        EnableAscii(Create<OutputStreamWrapper>(
                        m_asciiPrefix + "-" + std::to_string(node->GetId()) + ".tr", std::ios::out),
                    ApplicationContainer(application));
    return ApplicationContainer(application);
}

int64_t IkeletHelper::AssignStreams(ApplicationContainer applications, int64_t stream)
{
    int64_t next = stream;
    for (auto application = applications.Begin(); application != applications.End();
         ++application) {
        if (Ptr<IkeletNode> node = DynamicCast<IkeletNode>(*application))
            next += node->AssignStreams(next);
    }
    return next - stream;
}

std::shared_ptr<IkeletKeyLog> IkeletHelper::GetKeyLog() const
{
    return m_keyLog;
}

} // namespace ns3
