/* SPDX-License-Identifier: MIT */
/*
 * timeline.svg: who sent what when.
 *
 * On top all presses of the run, a row for each remote. Below, a panel for each of a few presses:
 * the first ones, those that failed, the slowest. A panel has two lanes, remote and gateway, and
 * arrows between them. Setting up takes milliseconds or half a minute and the door takes seconds,
 * so the axis has two scales: up to the acknowledgement, and from there on.
 */
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <map>

#include "report.h"
#include "svg.h"

namespace garage
{

using namespace scenario;

namespace
{

constexpr int kWidth = 1240, kLeft = 110, kRight = kWidth - 30, kBreak = TimeAxis::kBreak;
constexpr int kHead = 84, kRow = 16, kRowsMax = 24, kPanel = 212, kPanelsMax = 6;
constexpr int kLabelRow = 12; /* underscores stay clear of the row below */

const char *const kIke = "#1f5fa8", *const kIkeAgain = "#d9730d", *const kCommand = "#1d7a46",
                  *const kStatus = "#6b4fb3", *const kDone = "#b0307a", *const kLost = "#cc2222",
                  *const kLed = "#e8b200";

const char *Colour(EventKind kind)
{
    switch (kind) {
    case EventKind::IkeTx:
        return kIke;
    case EventKind::IkeRetx:
        return kIkeAgain;
    case EventKind::StatusTx:
        return kStatus;
    case EventKind::DoneTx:
    case EventKind::DoneAckTx:
        return kDone;
    default:
        return kCommand;
    }
}

bool IsSend(EventKind kind)
{
    return kind == EventKind::IkeTx || kind == EventKind::IkeRetx || kind == EventKind::CommandTx ||
           kind == EventKind::AckTx || kind == EventKind::StatusTx || kind == EventKind::DoneTx ||
           kind == EventKind::DoneAckTx;
}

bool IsReceive(EventKind kind)
{
    return kind == EventKind::IkeRx || kind == EventKind::CommandRx || kind == EventKind::AckRx ||
           kind == EventKind::StatusRx || kind == EventKind::DoneRx || kind == EventKind::DoneAckRx;
}

/* What stands at an arrow; the whole of it shows when the pointer is there. */
std::string Label(const Event &e)
{
    switch (e.kind) {
    case EventKind::IkeTx:
    case EventKind::IkeRetx:
        return e.text.substr(0, e.text.find(' '));
    case EventKind::AckTx:
        return "ack";
    case EventKind::StatusTx:
        return std::to_string(e.b) + " %";
    case EventKind::DoneAckTx:
        return "seen";
    default:
        return e.text;
    }
}

/* One press: its own events, its axis, its place on the sheet. */
class Panel
{
  public:
    Panel(Svg &svg, const Run &run, const Press &press, int top);
    void Draw();

  private:
    void DrawCaption();
    void DrawAxis();
    void DrawTicks(int64_t from, int64_t to, int parts);
    void DrawAwake();
    void DrawLanes();
    void DrawBar(EventKind begin, EventKind end, int y, int height, const std::string &style,
                 const char *label);
    void DrawBlinks();
    void DrawArrows();
    void DrawArrow(const Event &tx, Labels &labels);
    int Lane(uint32_t node) const
    {
        return node == kGateway ? m_top + 142 : m_top + 72;
    }
    const std::string &Name(uint32_t node) const
    {
        return m_run.nodes[node].name;
    }

    Svg &m_svg;
    const Run &m_run;
    const Press &m_press;
    std::vector<Event> m_events;
    TimeAxis m_axis;
    int m_top;
};

Panel::Panel(Svg &svg, const Run &run, const Press &press, int top)
    : m_svg(svg), m_run(run), m_press(press), m_top(top)
{
    std::copy_if(run.events.begin(), run.events.end(), std::back_inserter(m_events),
                 [&](const Event &e) { return e.press == press.id; });
    int64_t end = press.at + 1000;
    for (const Event &e : m_events)
        end = std::max(end, e.at);
    const int64_t set_up = press.ackAt != kNever ? press.ackAt + (press.ackAt - press.at) / 16
                                                 : press.at + (end - press.at) / 2;
    const bool halves = set_up < end;
    m_axis = TimeAxis{press.at,
                      std::min(set_up, end),
                      end,
                      kLeft,
                      halves ? kLeft + (kRight - kLeft) * 11 / 20 : kRight,
                      kRight};
}

/* The door did not do what it was told. */
bool IsBad(const Press &press)
{
    return press.reason != Reason::None && press.movedAt == kNever;
}

void Panel::DrawCaption()
{
    std::string text = "press " + std::to_string(m_press.id) + ": " + Name(m_press.remote) + ", " +
                       (m_press.open ? "open" : "close") + " at " + TimeText(m_press.at) + " - ";
    if (m_press.reason == Reason::None)
        text += "done after " + TimeText(m_press.doneAt - m_press.at);
    else
        text += (IsBad(m_press) ? "failed: " : "moved, ") + std::string(ReasonText(m_press.reason));
    text += "; " + std::to_string(m_press.frames) + " frames, " + std::to_string(m_press.bytes) +
            " bytes on air";
    m_svg.Text(kLeft, m_top + 16, text,
               IsBad(m_press) ? "font-weight=\"bold\" fill=\"" + std::string(kLost) + "\""
                              : "font-weight=\"bold\"");
}

void Panel::DrawTicks(int64_t from, int64_t to, int parts)
{
    const int64_t step = TimeStep(std::max<int64_t>(to - from, 1), parts);
    const int y = m_top + 188;
    for (int64_t t = (from + step - 1) / step * step; t <= to; t += step) {
        const int x = m_axis.X(m_press.at + t);
        if (x > kRight - 24 || (x > m_axis.middle - 24 && x < m_axis.middle + kBreak + 12))
            continue;
        m_svg.Line(x, m_top + 28, x, y, "stroke=\"#eeeeee\"");
        m_svg.Text(x, y + 13, TimeTick(t, step),
                   "font-size=\"10\" fill=\"#666666\" text-anchor=\"middle\"");
    }
}

void Panel::DrawAxis()
{
    DrawTicks(0, m_axis.split - m_axis.from, 6);
    if (m_axis.split == m_axis.to)
        return;
    DrawTicks(m_axis.split - m_axis.from + 1, m_axis.to - m_axis.from, 6);
    m_svg.Rect(m_axis.middle, m_top + 28, kBreak, 160, "fill=\"#f4f4f4\"");
    m_svg.Text(m_axis.middle + kBreak / 2, m_top + 201, "//",
               "font-size=\"10\" fill=\"#999999\" text-anchor=\"middle\"");
}

/* A bar from each `begin` to the next `end` (or the end of the panel). */
void Panel::DrawBar(EventKind begin, EventKind end, int y, int height, const std::string &style,
                    const char *label)
{
    std::map<uint32_t, const Event *> open;
    auto draw = [&](const Event &from, int64_t to) {
        const int x = m_axis.X(from.at), width = m_axis.X(to) - x;
        m_svg.Rect(x, Lane(from.node) + y, width, height, style);
        const std::string text = label ? label : from.text;
        if (width > static_cast<int>(text.size()) * 6)
            m_svg.Text(x + 3, Lane(from.node) + y + height - 2, text,
                       "font-size=\"9\" fill=\"#444444\"");
    };
    for (const Event &e : m_events) {
        if (e.kind == begin)
            open[e.node] = &e;
        auto it = open.find(e.node);
        if (e.kind == end && it != open.end()) {
            draw(*it->second, e.at);
            open.erase(it);
        }
    }
    for (const auto &left : open)
        draw(*left.second, m_axis.to);
}

/* A press that found the remote awake has no Wake of its own. */
void Panel::DrawAwake()
{
    int64_t to = m_axis.to;
    for (const Event &e : m_events)
        if (e.kind == EventKind::Sleep)
            to = e.at;
    const int x = m_axis.X(m_axis.from);
    m_svg.Rect(x, Lane(m_press.remote) - 9, m_axis.X(to) - x, 9, "fill=\"#e6f0fa\"");
}

void Panel::DrawLanes()
{
    DrawAwake();
    DrawBar(EventKind::JobStart, EventKind::JobDone, -9, 9, "fill=\"#b9c6d4\"", nullptr);
    DrawBar(EventKind::DoorStart, EventKind::DoorStop, 1, 10, "fill=\"#d9ead9\"", nullptr);
    for (uint32_t node : {m_press.remote, kGateway}) {
        m_svg.Line(kLeft, Lane(node), kRight, Lane(node), "stroke=\"#333333\"");
        m_svg.Text(kLeft - 8, Lane(node) + 4, Name(node), "text-anchor=\"end\"");
    }
}

void Panel::DrawBlinks()
{
    for (const Event &e : m_events)
        if (e.kind == EventKind::Led)
            m_svg.Circle(m_axis.X(e.at), Lane(e.node) - 4, 3,
                         "fill=\"" + std::string(kLed) + "\" stroke=\"#8a6a00\"");
}

void Panel::DrawArrow(const Event &tx, Labels &labels)
{
    const uint32_t other = tx.node == kGateway ? m_press.remote : kGateway;
    const int x1 = m_axis.X(tx.at), y1 = Lane(tx.node), y2 = Lane(other);
    const std::string title = EventName(tx.kind) + (" " + tx.text) + ", " + std::to_string(tx.a) +
                              " octets, " + TimeText(tx.at - m_press.at) + " after the press";
    bool arrived = false;
    for (const Event &rx : m_events) {
        if (!IsReceive(rx.kind) || rx.message != tx.message || rx.node == tx.node)
            continue;
        m_svg.Arrow(x1, y1, m_axis.X(rx.at), y2, Colour(tx.kind), title);
        arrived = true;
    }
    if (!arrived) {
        m_svg.Arrow(x1, y1, x1 + 3, (y1 + y2) / 2, kLost, title + ": lost");
        m_svg.Cross(x1 + 3, (y1 + y2) / 2, kLost);
    }
    labels.Put(m_svg, x1 - 4, Label(tx), arrived ? Colour(tx.kind) : kLost);
}

void Panel::DrawArrows()
{
    Labels above(Lane(m_press.remote) - 13, -kLabelRow, kRight),
        below(Lane(kGateway) + 21, kLabelRow, kRight);
    for (const Event &e : m_events)
        if (IsSend(e.kind))
            DrawArrow(e, e.node == kGateway ? below : above);
}

void Panel::Draw()
{
    DrawCaption();
    DrawAxis();
    DrawLanes();
    DrawArrows();
    DrawBlinks();
}

/* The first ones, then those that failed, then the slowest; in order of time. */
std::vector<const Press *> Choose(const Run &run)
{
    std::vector<const Press *> order, chosen;
    for (const Press &p : run.presses)
        order.push_back(&p);
    auto rank = [&](const Press *p) -> int64_t {
        if (p->id <= 2)
            return INT64_MAX - p->id;
        if (IsBad(*p))
            return INT64_MAX / 2 - p->id;
        return p->endAt - p->at;
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](const Press *a, const Press *b) { return rank(a) > rank(b); });
    for (const Press *p : order)
        if (chosen.size() < kPanelsMax)
            chosen.push_back(p);
    std::sort(chosen.begin(), chosen.end(),
              [](const Press *a, const Press *b) { return a->id < b->id; });
    return chosen;
}

void DrawLegend(Svg &svg)
{
    struct Entry {
        const char *text, *colour;
    };
    int x = kLeft;
    for (const Entry &e :
         {Entry{"IKE", kIke}, Entry{"IKE again", kIkeAgain}, Entry{"command, ack", kCommand},
          Entry{"status", kStatus}, Entry{"done, seen", kDone}, Entry{"lost", kLost},
          Entry{"computing", "#b9c6d4"}, Entry{"remote awake", "#e6f0fa"},
          Entry{"door moves", "#d9ead9"}, Entry{"LED", kLed}}) {
        svg.Rect(x, 46, 18, 8, "fill=\"" + std::string(e.colour) + "\"");
        svg.Text(x + 24, 54, e.text, "font-size=\"11\"");
        x += 38 + static_cast<int>(std::string(e.text).size()) * 7;
    }
}

void DrawHead(Svg &svg, const Run &run, size_t shown)
{
    const Options &o = run.options;
    char text[256];
    snprintf(text, sizeof text, "garage-door: %zu of %zu presses moved the door",
             static_cast<size_t>(DoorsMoved(run)), run.presses.size());
    svg.Text(kLeft, 22, text, "font-size=\"16\" font-weight=\"bold\"");
    snprintf(text, sizeof text,
             "%u.%02u %% of frames lost, cpu %s, %s%s%s, seed %" PRIu32
             "; %zu presses in detail, each on its own scale",
             static_cast<unsigned>(o.air.lossPpm / 10000),
             static_cast<unsigned>(o.air.lossPpm % 10000 / 100), o.power.cpu.c_str(),
             o.plain ? "no IPsec" : o.ikeSuite.c_str(), o.plain ? "" : ", ",
             o.plain ? "" : (o.mode + " mode").c_str(), o.seed, shown);
    svg.Text(kLeft, 38, text, "font-size=\"11\" fill=\"#444444\"");
    DrawLegend(svg);
}

int OverviewRows(const Run &run)
{
    return std::min(static_cast<int>(run.options.remotes), kRowsMax);
}

/* A row for each remote (the last takes all that have none), a bar for each press. */
void DrawOverview(Svg &svg, const Run &run)
{
    const int rows = OverviewRows(run);
    const int64_t end = std::max<int64_t>(run.totals.endedAt, 1);
    const TimeAxis axis{0, end, end, kLeft, kRight, kRight};
    for (int r = 0; r < rows; r++) {
        const int y = kHead + r * kRow;
        const bool rest = r == rows - 1 && run.options.remotes > kRowsMax;
        svg.Text(kLeft - 8, y + 10, rest ? "others" : run.nodes[static_cast<size_t>(r) + 1].name,
                 "text-anchor=\"end\" font-size=\"10\"");
        svg.Line(kLeft, y + 12, kRight, y + 12, "stroke=\"#dddddd\"");
    }
    for (const Press &p : run.presses) {
        const int y = kHead + std::min(static_cast<int>(p.remote) - 1, rows - 1) * kRow;
        svg.Rect(axis.X(p.at), y + 2, std::max(axis.X(p.endAt) - axis.X(p.at), 3), 10,
                 "fill=\"" + std::string(IsBad(p) ? kLost : kCommand) + "\"");
    }
    const int64_t step = TimeStep(std::max<int64_t>(run.totals.endedAt, 1), 10);
    for (int64_t t = 0; t <= run.totals.endedAt; t += step)
        svg.Text(axis.X(t), kHead + rows * kRow + 14, TimeTick(t, step),
                 "font-size=\"10\" fill=\"#666666\" text-anchor=\"middle\"");
}

} // namespace

bool WriteTimelineSvg(const std::string &dir, const Run &run)
{
    const std::vector<const Press *> chosen = Choose(run);
    const int top = kHead + OverviewRows(run) * kRow + 36;
    Svg svg(kWidth, top + static_cast<int>(chosen.size()) * kPanel + 10);
    DrawHead(svg, run, chosen.size());
    DrawOverview(svg, run);
    for (size_t i = 0; i < chosen.size(); i++)
        Panel(svg, run, *chosen[i], top + static_cast<int>(i) * kPanel).Draw();
    return svg.Write(dir + "/timeline.svg");
}

} // namespace garage
