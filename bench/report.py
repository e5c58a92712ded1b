#!/usr/bin/env python3
"""What scripts/bench has measured: into results.json, onto the screen, into a chart and README.md.

	report.py machine RESULTS TEXT
	report.py add RESULTS "NAME…" NAME WHAT BESIDE GOALS LINES SAMPLES LEFT_OUT
	report.py chart RESULTS SVG
	report.py readme RESULTS README
"""
import json
import re
import statistics
import sys
import time
from html import escape

UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}
BEGIN, END = "<!-- bench -->\n", "<!-- /bench -->\n"


def load(path):
    try:
        with open(path) as file:
            return json.load(file)
    except FileNotFoundError:
        return {"machine": {}, "rows": []}


def save(path, results):
    with open(path, "w") as file:
        json.dump(results, file, indent=1, ensure_ascii=False)
        file.write("\n")


def goals_of(text):
    """"wall 0.5, peak < 100M": each as {metric, kind, value}; kind is "ratio", "<" or ">"."""
    goals = []
    for goal in filter(None, text.split(", ")):
        metric, kind, number, unit = re.fullmatch(r"(\S+) (?:([<>]) )?([\d.]+)([kMG]?)", goal).groups()
        goals.append({"metric": metric, "kind": kind or "ratio", "value": float(number) * UNITS[unit]})
    return goals


def samples_of(path, lines, goals):
    """{"ours": {metric: [value of each run]}, "theirs": …}; the rate where it is a goal, for some rows
    take the log several times."""
    sides = {"ours": {}, "theirs": {}}
    with open(path) as file:
        for line in file:
            side, metric, value = line.split()
            sides[side].setdefault(metric, []).append(float(value))
    for metrics in sides.values():
        if "wall" in metrics and "rate" in (goal["metric"] for goal in goals):
            metrics["rate"] = [lines / wall for wall in metrics["wall"]]
    return sides


def judge(goal, sides):
    """What was reached, and whether that is the goal.  Pairs are compared, for what disturbs one run
    of a pair is likely to disturb the other."""
    ours, theirs = (sides[side].get(goal["metric"]) for side in ("ours", "theirs"))
    if not ours or (goal["kind"] == "ratio" and not theirs):
        return dict(goal, reached=None, met=None)
    if goal["kind"] == "ratio":
        reached = statistics.median(a / b for a, b in zip(ours, theirs))
    else:
        reached = statistics.median(ours)
    met = reached >= goal["value"] if goal["kind"] == ">" else reached <= goal["value"]
    return dict(goal, reached=reached, met=met)


def add(path, order, name, what, beside, goals, lines, samples, left_out):
    results, sides = load(path), samples_of(samples, int(lines), goals_of(goals))
    medians = {side: {m: statistics.median(v) for m, v in metrics.items()} for side, metrics in sides.items()}
    with open("/proc/loadavg") as file:
        load_now = float(file.read().split()[0])
    row = {
        "name": name, "what": what, "beside": beside, "lines": int(lines), "left_out": left_out or None,
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "load": load_now,
        "pairs": max(len(v) for v in sides["ours"].values()),
        "goals": [judge(goal, sides) for goal in goals_of(goals)],
        "medians": medians, "samples": sides,
    }
    order = order.split()
    rows = [old for old in results["rows"] if old["name"] != name and old["name"] in order] + [row]
    results["rows"] = sorted(rows, key=lambda each: order.index(each["name"]))
    save(path, results)
    print(as_text(row), flush=True)


def machine(path, text):
    results = load(path)
    results["machine"] = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    save(path, results)


# --- text -----------------------------------------------------------------------------

def figure(metric, value):
    if value is None:
        return "–"
    if metric == "peak":
        return f"{value / 1e6:.0f} MB"
    if metric == "rate":
        return f"{value / 1e6:.1f} M/s"
    if metric in ("p50", "p99"):
        return f"{value:.2f} ms" if value < 10 else f"{value:.0f} ms"
    if metric not in ("wall", "cpu"):
        return f"{value:.2f}"
    return f"{value * 1000:.0f} ms" if value < 0.1 else f"{value:.2f} s"


def ratio(value):
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def goal_text(goal):
    if goal["kind"] == "ratio":
        return f"≤ {goal['value']:g}"
    return f"{'≤' if goal['kind'] == '<' else '≥'} {figure(goal['metric'], goal['value'])}"


def reached_text(goal):
    if goal["reached"] is None:
        return "–"
    return ratio(goal["reached"]) if goal["kind"] == "ratio" else figure(goal["metric"], goal["reached"])


def as_text(row):
    out = [f"{row['name']}: {row['what']}" + (f", beside {row['beside']}" if row["beside"] else "")]
    metrics = ["wall", "cpu", "peak", "rate", "p50", "p99"]
    for metric in metrics + [goal["metric"] for goal in row["goals"] if goal["metric"] not in metrics]:
        ours, theirs = (row["medians"][side].get(metric) for side in ("ours", "theirs"))
        if ours is None:
            continue
        goals = [goal for goal in row["goals"] if goal["metric"] == metric]
        line = f"  {metric:13} {figure(metric, ours):>9}  {figure(metric, theirs):>9}"
        line += f"  {ratio(ours / theirs):>6}" if theirs else " " * 8
        for goal in goals:
            line += f"  goal {goal_text(goal)}: {reached_text(goal)}, "
            line += "not compared" if goal["met"] is None else "met" if goal["met"] else "MISSED"
        out.append(line)
    if row["left_out"]:
        out.append(f"  left out: {row['left_out']}")
    return "\n".join(out)


def readme(path, page):
    with open(page) as file:
        text = file.read()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    with open(page, "w") as file:
        file.write(before + BEGIN + table(load(path)) + END + after)


def table(results):
    out = ["| what | beside | | ours | theirs | ours / theirs | goal |", "|---|---|---|--:|--:|--:|--:|"]
    for row in results["rows"]:
        # A pipe within a cell would end it.
        what, beside = (cell.replace("|", "\\|") for cell in
                        (row["what"], row["beside"] + (" (left out)" if row["left_out"] else "")))
        for goal in row["goals"]:
            metric = goal["metric"]
            ours, theirs = (row["medians"][side].get(metric) for side in ("ours", "theirs"))
            by = ratio(goal["reached"] if goal["kind"] == "ratio" else ours / theirs) if theirs else "–"
            met = "" if goal["met"] is not False else " missed"
            out.append(f"| {what} | {beside} | {metric} | {figure(metric, ours)} | {figure(metric, theirs)} | "
                       f"{by} | {goal_text(goal)}{met} |")
            what = beside = ""
    pairs = min((row["pairs"] for row in results["rows"]), default=0)
    lines = " or ".join(f"{n:,}" for n in sorted({row["lines"] for row in results["rows"]}))
    facts = ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    if results["rows"]:
        out += ["", f"{lines} lines; medians of at least {pairs} runs in turn behind one to warm up, and of the ratios of "
                f"the pairs; peak memory is the sum of the programs'. {facts}."]
    out.append("")
    return "\n".join(out)


# --- chart ----------------------------------------------------------------------------

WIDTH, LABEL, PLOT, BAR, GAP, TOP = 1000, 330, 440, 13, 11, 92
MOST = 1.3  # ours / theirs at the right edge
COLOURS = {"wall": "#2f6f9f", "cpu": "#7fb2d4", "peak": "#c9b458", "p50": "#2f6f9f", "p99": "#7fb2d4"}


def bars_of(row):
    """(metric, ours / theirs, the goal as such a ratio, ours, theirs)"""
    bars = []
    for goal in row["goals"]:
        metric = goal["metric"]
        ours, theirs = (row["medians"][side].get(metric) for side in ("ours", "theirs"))
        if not theirs or metric not in COLOURS:
            continue
        if goal["kind"] == "ratio":
            bars.append((metric, goal["reached"], goal["value"], ours, theirs))
        else:
            bars.append((metric, ours / theirs, goal["value"] / theirs, ours, theirs))
    return bars


def text(x, y, words, size=12, anchor="start", colour="#222", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
            f'font-weight="{weight}">{escape(words)}</text>')


def rect(x, y, width, height, colour, more=""):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"{more}/>'


def at(value):
    return LABEL + PLOT * min(value, MOST) / MOST


def legend():
    out, x = [], LABEL
    for metrics, name in (("wall", "wall time, or median latency"), ("cpu", "CPU time, or 99 % latency"),
                          ("peak", "peak memory")):
        out += [rect(x, 46, 12, 12, COLOURS[metrics], ' rx="2"'), text(x + 17, 56, name, 12)]
        x += 36 + 6.8 * len(name)
    out += [rect(x, 44, 2.5, 16, "#b3261e"), text(x + 8, 56, "goal", 12)]
    return out


def grid(bottom):
    out = []
    for tick in (0, 0.25, 0.5, 0.75, 1, 1.25):
        x = at(tick)
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{bottom}" '
                   f'stroke="{"#555" if tick == 1 else "#e4e4e4"}" stroke-width="1"/>')
        out.append(text(x, TOP - 14, f"{tick:g}" if tick != 1 else "1 = the peer", 11, "middle", "#555"))
    return out


def draw_row(row, bars, y):
    height = len(bars) * BAR
    middle = y + height / 2
    out = [text(LABEL - 12, middle - 1, row["what"], 12, "end", weight="600"),
           text(LABEL - 12, middle + 12, "beside " + row["beside"], 11, "end", "#666")]
    for i, (metric, reached, goal, ours, theirs) in enumerate(bars):
        top = y + i * BAR
        out.append(rect(LABEL, top + 1, max(at(reached) - LABEL, 1.5), BAR - 2, COLOURS[metric], ' rx="1.5"'))
        if reached > MOST:  # the bar goes on
            out.append(f'<path d="M{at(MOST) - 12:.1f} {top:.1f}l8 {BAR}h4l-8 -{BAR}z" fill="#fff"/>')
        if goal <= MOST:
            out.append(rect(at(goal) - 1.25, top - 0.5, 2.5, BAR + 1, "#b3261e"))
        beyond = f", goal {goal:.1f}" if goal > MOST else ""
        out += [text(LABEL + PLOT + 44, top + BAR - 3, ratio(reached), 11.5, "end", weight="600"),
                text(LABEL + PLOT + 54, top + BAR - 3,
                     f"{figure(metric, ours)} / {figure(metric, theirs)}{beyond}", 11.5, colour="#555")]
    return out


def chart(path, svg):
    results = load(path)
    rows = [(row, bars_of(row)) for row in results["rows"]]
    rows = [(row, bars) for row, bars in rows if bars]
    body, y = [], TOP
    for row, bars in rows:
        room = max(len(bars) * BAR, 28)
        body += draw_row(row, bars, y + (room - len(bars) * BAR) / 2)
        y += room + GAP
    facts = results["machine"]
    names = ("processor", "memory", "kernel", "kpipe", "librdkafka", "kcat", "curl", "tail", "Java", "Kafka", "Hadoop")
    facts = [f"{name} {facts[name]}" if name[0] != "p" else facts[name] for name in names if facts.get(name)]
    height = y + 46
    font = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
           f'height="{height}" font-family="{font}">', rect(0, 0, WIDTH, height, "#fff"),
           text(20, 28, "What ours takes of what its peer takes: shorter is better", 17, weight="600"),
           *legend(), *grid(y), *body,
           text(20, y + 20, ", ".join(facts[:5]), 10.5, colour="#666"),
           text(20, y + 35, ", ".join(facts[5:]), 10.5, colour="#666"), "</svg>"]
    with open(svg, "w") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    {"machine": machine, "add": add, "chart": chart, "readme": readme}[sys.argv[1]](*sys.argv[2:])
