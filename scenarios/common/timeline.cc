/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include <algorithm>

#include "svg.h"

namespace scenario
{

namespace
{

constexpr int kWidth = 1240, kLeft = 110, kRight = kWidth - 30;
constexpr int kHead = 56, kRow = 16, kRowsMax = 24, kAxis = 30, kPanel = 212, kLabelRow = 12;

const char *const kIke = "#1f5fa8", *const kAgain = "#d9730d", *const kEsp = "#1d7a46",
                  *const kLost = "#cc2222", *const kWork = "#b9c6d4";

/* A scale from one moment to another, in one piece. */
TimeAxis Whole(int64_t from, int64_t to)
{
    return {from, to, to, kLeft, kRight, kRight};
}

void DrawTicks(Svg &svg, const TimeAxis &axis, int64_t from, int64_t to, int top, int bottom)
{
    const int64_t step = TimeStep(std::max<int64_t>(to - from, 1), 8);
    for (int64_t t = (from - axis.from + step - 1) / step * step; t <= to - axis.from; t += step) {
        const int x = axis.X(axis.from + t);
        if (x > axis.middle - 24 && x < axis.middle + TimeAxis::kBreak + 12 && x < axis.right)
            continue;
        svg.Line(x, top, x, bottom, "stroke=\"#eeeeee\"");
        svg.Text(x, bottom + 13, TimeTick(t, step),
                 "font-size=\"10\" fill=\"#666666\" text-anchor=\"middle\"");
    }
}

void DrawLegend(Svg &svg)
{
    struct Entry {
        const char *text, *colour;
    };
    int x = kLeft;
    for (const Entry &e :
         {Entry{"IKE", kIke}, Entry{"the same again", kAgain}, Entry{"ESP, AH", kEsp},
          Entry{"lost, changed, failed", kLost}, Entry{"key exchange is computed", kWork}}) {
        svg.Rect(x, 32, 18, 8, "fill=\"" + std::string(e.colour) + "\"");
        svg.Text(x + 24, 40, e.text, "font-size=\"11\"");
        x += 38 + static_cast<int>(std::string(e.text).size()) * 7;
    }
}

/* ---- all handshakes -------------------------------------------------------------------------- */

int Rows(const Timeline &timeline)
{
    return std::min(static_cast<int>(timeline.rows.size()), kRowsMax);
}

/* The last row takes all that have none. */
void DrawAll(Svg &svg, const Timeline &timeline)
{
    const int rows = Rows(timeline), bottom = kHead + rows * kRow;
    const TimeAxis axis = Whole(0, std::max<int64_t>(timeline.endedAt, 1));
    DrawTicks(svg, axis, 0, axis.to, kHead, bottom);
    for (int r = 0; r < rows; r++) {
        const bool rest = r == rows - 1 && timeline.rows.size() > kRowsMax;
        svg.Text(kLeft - 8, kHead + r * kRow + 11,
                 rest ? "others" : timeline.rows[static_cast<size_t>(r)],
                 "text-anchor=\"end\" font-size=\"10\"");
    }
    for (const TimelineBar &bar : timeline.bars) {
        const int y = kHead + std::min(static_cast<int>(bar.row), rows - 1) * kRow;
        svg.Rect(axis.X(bar.at), y + 2, std::max(axis.X(bar.endedAt) - axis.X(bar.at), 2), 11,
                 "fill=\"" + std::string(bar.ok ? kIke : kLost) + "\"");
    }
}

/* ---- one handshake --------------------------------------------------------------------------- */

class Panel
{
  public:
    Panel(Svg &svg, const TimelineHandshake &handshake, int top)
        : m_svg(svg), m_handshake(handshake), m_top(top)
    {
        int64_t end = std::max(handshake.endedAt, handshake.at + 1000);
        for (const TimelineMessage &m : handshake.messages)
            end = std::max({end, m.sentAt, m.arrivedAt});
        end += (end - handshake.at) / 50;
        m_axis = Whole(handshake.at, end);
        if (handshake.ok && end - handshake.endedAt > (handshake.endedAt - handshake.at) / 2) {
            m_axis.split = handshake.endedAt + (handshake.endedAt - handshake.at) / 20;
            m_axis.middle = kLeft + (kRight - kLeft) * 3 / 5;
        }
    }

    void Draw()
    {
        DrawCaption();
        DrawScale();
        for (const TimelineWork &w : m_handshake.work) {
            const int x = m_axis.X(w.from);
            m_svg.Rect(x, Lane(w.ofStation) - (w.ofStation ? 9 : 0), m_axis.X(w.to) - x, 9,
                       "fill=\"" + std::string(kWork) + "\"");
        }
        for (bool station : {true, false}) {
            m_svg.Line(kLeft, Lane(station), kRight, Lane(station), "stroke=\"#333333\"");
            m_svg.Text(kLeft - 8, Lane(station) + 4,
                       station ? m_handshake.station : m_handshake.peer, "text-anchor=\"end\"");
        }
        Labels above(Lane(true) - 13, -kLabelRow, kRight),
            below(Lane(false) + 21, kLabelRow, kRight);
        for (const TimelineMessage &m : m_handshake.messages)
            DrawMessage(m, m.fromStation ? above : below);
    }

  private:
    int Lane(bool station) const
    {
        return m_top + (station ? 72 : 142);
    }

    /* What follows the handshake has a scale of its own if it takes long. */
    void DrawScale()
    {
        const int top = m_top + 28, bottom = m_top + 186;
        DrawTicks(m_svg, m_axis, m_axis.from, m_axis.split, top, bottom);
        if (m_axis.split == m_axis.to)
            return;
        DrawTicks(m_svg, m_axis, m_axis.split + 1, m_axis.to, top, bottom);
        m_svg.Rect(m_axis.middle, top, TimeAxis::kBreak, bottom - top, "fill=\"#f4f4f4\"");
        m_svg.Text(m_axis.middle + TimeAxis::kBreak / 2, bottom + 13, "//",
                   "font-size=\"10\" fill=\"#999999\" text-anchor=\"middle\"");
    }

    void DrawCaption()
    {
        std::string text = m_handshake.station + " at " + TimeText(m_handshake.at) + ": ";
        if (m_handshake.ok)
            text += "SAs are up after " + TimeText(m_handshake.endedAt - m_handshake.at);
        else
            text += m_handshake.endedAt < 0
                        ? "unfinished"
                        : "failed after " + TimeText(m_handshake.endedAt - m_handshake.at) + ": " +
                              m_handshake.reason;
        if (!m_handshake.peerSeen)
            text += "; the peer is not simulated: nobody knows what it got, and when";
        m_svg.Text(kLeft, m_top + 16, text,
                   m_handshake.ok ? "font-weight=\"bold\""
                                  : "font-weight=\"bold\" fill=\"" + std::string(kLost) + "\"");
    }

    std::string ColourOf(const TimelineMessage &m) const
    {
        if (m.sentAt < 0 || m.arrivedAt < 0)
            return kLost;
        const bool ike = m.text.find(' ') != std::string::npos;
        return m.again ? kAgain : ike ? kIke : kEsp;
    }

    /* What has one end only is drawn to the middle, or from there. */
    void DrawMessage(const TimelineMessage &m, Labels &labels)
    {
        const int from = Lane(m.fromStation), to = Lane(!m.fromStation), half = (from + to) / 2;
        const bool sent = m.sentAt >= 0, came = m.arrivedAt >= 0;
        const int x1 = m_axis.X(sent ? m.sentAt : m.arrivedAt);
        const int x2 = m_axis.X(came ? m.arrivedAt : m.sentAt);
        const std::string colour = ColourOf(m);
        std::string title = m.text + ", " + std::to_string(m.octets) + " octets, " +
                            TimeText((sent ? m.sentAt : m.arrivedAt) - m_handshake.at);
        if (m.again)
            title += ": the same again";
        if (!came)
            title += ": lost or changed";
        if (!sent)
            title += ": came so from neither end";
        m_svg.Arrow(sent ? x1 : x1 - 3, sent ? from : half, came ? x2 : x2 + 3, came ? to : half,
                    colour, title);
        if (!came)
            m_svg.Cross(x2 + 3, half, colour);
        if (sent)
            labels.Put(m_svg, x1 - 4, m.text.substr(0, m.text.find(' ')), colour);
    }

    Svg &m_svg;
    const TimelineHandshake &m_handshake;
    TimeAxis m_axis = Whole(0, 1);
    int m_top;
};

} // namespace

std::string DrawTimeline(const Timeline &timeline)
{
    const bool all = timeline.bars.size() > 1;
    const int top = kHead + (all ? Rows(timeline) * kRow + kAxis : 0);
    Svg svg(kWidth, top + static_cast<int>(timeline.details.size()) * kPanel);
    std::string title = std::to_string(timeline.bars.size()) +
                        (timeline.bars.size() == 1 ? " handshake" : " handshakes");
    if (timeline.bars.size() > timeline.details.size())
        title += ", " + std::to_string(timeline.details.size()) + " of them message by message";
    svg.Text(kLeft, 20, timeline.variant.empty() ? title : timeline.variant + ": " + title,
             "font-size=\"14\" font-weight=\"bold\"");
    DrawLegend(svg);
    if (all)
        DrawAll(svg, timeline);
    for (size_t i = 0; i < timeline.details.size(); i++)
        Panel(svg, timeline.details[i], top + static_cast<int>(i) * kPanel).Draw();
    return svg.Whole();
}

} // namespace scenario
