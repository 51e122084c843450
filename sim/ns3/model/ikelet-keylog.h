/* SPDX-License-Identifier: MIT */
#ifndef IKELET_KEYLOG_H
#define IKELET_KEYLOG_H

#include <set>
#include <string>

#include "host.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief Key log for Wireshark and tshark, shared by the nodes of a simulation.
 *
 * Writes DIR/ikev2_decryption_table and DIR/esp_sa; each SA once, whichever end has its keys first.
 */
class IkeletKeyLog
{
  public:
    /// \brief Aborts the simulation if the files can't be made.
    explicit IkeletKeyLog(const std::string &directory);
    ~IkeletKeyLog();
    IkeletKeyLog(const IkeletKeyLog &) = delete;
    IkeletKeyLog &operator=(const IkeletKeyLog &) = delete;

    void Ike(const struct ik_node *node, uint16_t slot);
    void Child(const struct ik_node *node, uint16_t slot);

    /// \return false if something could not be written
    bool Close();

  private:
    struct host_keylog m_files = {};
    bool m_open = false;
    std::set<std::string> m_seen;
};

} // namespace ns3

#endif
