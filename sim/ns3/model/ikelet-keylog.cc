/* SPDX-License-Identifier: MIT */
#include "ikelet-keylog.h"

#include <cerrno>
#include <cstring>

#include "ns3/abort.h"
#include "ns3/log.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletKeyLog");

IkeletKeyLog::IkeletKeyLog(const std::string &directory)
{
    m_open = host_keylog_open(&m_files, directory.c_str());
    NS_ABORT_MSG_IF(!m_open, "ikelet: no key log in " << directory << ": " << std::strerror(errno));
}

IkeletKeyLog::~IkeletKeyLog()
{
    Close();
}

void IkeletKeyLog::Ike(const struct ik_node *node, uint16_t slot)
{
    struct ik_export_ike keys;
    if (!m_open || !ik_export_ike(node, slot, &keys))
        return;
    std::string spis(reinterpret_cast<const char *>(keys.spi_i), IK_SPI_LEN);
    spis.append(reinterpret_cast<const char *>(keys.spi_r), IK_SPI_LEN);
    if (!m_seen.insert("ike" + spis).second)
        return;
    NS_LOG_LOGIC("keys of an IKE SA are written");
    host_keylog_ike(&m_files, node, slot);
}

void IkeletKeyLog::Child(const struct ik_node *node, uint16_t slot)
{
    struct ik_export_child keys;
    if (!m_open || !ik_export_child(node, slot, &keys))
        return;
    /* The other end sees the same pair the other way round. */
    uint32_t low = keys.spi_in < keys.spi_out ? keys.spi_in : keys.spi_out;
    uint32_t high = keys.spi_in < keys.spi_out ? keys.spi_out : keys.spi_in;
    if (!m_seen.insert("esp" + std::to_string(low) + "," + std::to_string(high)).second)
        return;
    NS_LOG_LOGIC("keys of a Child SA are written: SPIs " << low << " and " << high);
    host_keylog_child(&m_files, node, slot);
}

bool IkeletKeyLog::Close()
{
    bool good = !m_open || host_keylog_close(&m_files);
    m_open = false;
    return good;
}

} // namespace ns3
