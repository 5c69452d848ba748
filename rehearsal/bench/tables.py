"""The bench's figures for people, with a plain word where they are not to be believed."""

from __future__ import annotations

from typing import Any, Final

_MUCH_WAITING_PERCENT: Final = 5


def recorder(report: dict[str, Any]) -> str:
    figures = report["recorder"]
    rows = [
        ("recorder", f"{figures['cpu_ms_per_consult_second']:.2f} ms CPU per consult-second"),
        ("memory per consult", f"{figures['kb_per_consult']} kB"),
        ("durable commits", f"{figures['commits_per_second']} per second"),
    ]
    return _text(report, rows)


def relay(report: dict[str, Any]) -> str:
    ours, load = report["peitong"], report["generator"]
    rows = [
        ("relay", f"{ours['relay_ms']:.2f} ms CPU per consult-second"),
        ("recorder", f"{ours['recorder_ms']:.2f} ms CPU per consult-second"),
        ("together", f"{ours['cpu_ms_per_consult_second']:.2f} ms CPU per consult-second"),
        ("relay, per packet", f"{ours['us_per_packet']} us at {ours['packets_per_second']} forwarded packets/s"),
        ("relay, wake-ups", f"{ours['wakeups_per_second']} a second"),
        ("added delay", f"p50 {ours['p50_us']} us, p99 {ours['p99_us']} us, p99.9 {ours['p999_us']} us"),
        ("memory per consult", f"relay {ours['relay_kb_per_consult']} kB, recorder {ours['recorder_kb_per_consult']} kB"),
        ("lost", f"{ours['lost_percent']} %"),
        ("generator", f"{load['cpu_percent']} % CPU; late p50 {load['late_p50_ms']} ms, p99 {load['late_p99_ms']} ms"),
        ("waited for a core", f"the relay, {ours['relay_waited_percent']} % of the time"),
    ]
    return _text(report, rows)


def _text(report: dict[str, Any], rows: list[tuple[str, str]]) -> str:
    machine = report["machine"]
    head = f"{report['consults']} consults, {report['seconds']} s, 720p30 VP8 1.5 Mbit/s + Opus both ways, recorded"
    used = f"{machine['processor']}, {machine['cores']} cores; others used {machine['others_percent']} % of one"
    lines = [head, *(f"  {name:<20} {value}" for name, value in [*rows, ("machine", used)])]
    return "\n".join([*lines, *(f"  {doubt}" for doubt in _doubts(report))])


def _doubts(report: dict[str, Any]) -> list[str]:
    doubts = []
    if report["holds"]:
        causes = ", ".join(f"{count} x {cause}" for cause, count in report["holds"].items())
        doubts.append(f"Gates CLOSED while measuring ({causes}): nothing passed then, the figures per second are too low.")
    if report["peitong"]["lost_percent"]:
        doubts.append("Packets were LOST: the relay or the generator could not keep up, so this is not the cost of a call.")
    if report["generator"]["starved"]:
        doubts.append("The generator was STARVED: media came late or not at all, so delays are not the relay's.")
    if report["peitong"]["relay_waited_percent"] > _MUCH_WAITING_PERCENT:
        doubts.append("The relay waited for a core: the delays are this machine's, not the relay's.")
    return doubts
