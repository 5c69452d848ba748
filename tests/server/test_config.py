"""The configuration: what is read, from where, and that every fault is told at once."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.config import Config, ConfigFaults, MailServer, Secret, Security, load

RECIPIENT = "age1" + "q" * 58
WHOLE = f"""
[http]
listen = "[::]:8443"
origin = "https://visit.hospital.example/"
certificate = "/etc/peitong/tls.pem"
certificate_key = "/etc/peitong/tls.key"
trusted_proxies = ["192.0.2.1", "2001:db8:1::/48"]
[data]
folder = "/var/lib/peitong"
database = "postgresql+asyncpg://peitong@db/peitong"
[media]
udp = "0.0.0.0:50000"
tcp = "[::]:50443"
advertise = ["192.0.2.7", "2001:db8::7"]
relays = 2
[recording]
recipients = ["{RECIPIENT}"]
[turn]
urls = ["turn:turn.hospital.example:3478", "turns:[2001:db8::9]:443?transport=tcp"]
secret = "s3cret"
policy = "relay"
[access]
link_valid_s = 3600
[limits]
guardian_s = 90
[webhooks]
allow_networks = ["10.20.0.0/16", "fd00:20::/32"]
allow_loopback = true
"""
LEAST = {"PEITONG_DATA_FOLDER": "/d", "PEITONG_HTTP_ORIGIN": "http://localhost:8480", "PEITONG_RECORDING_RECIPIENTS": RECIPIENT}


def faults(toml: str, **environ: str) -> tuple[str, ...]:
    with pytest.raises(ConfigFaults) as caught:
        load(toml, environ)
    return caught.value.faults


def test_a_whole_file_is_read() -> None:
    config = load(WHOLE, {})
    assert config.listen == ("::", 8443)
    assert config.origin == "https://visit.hospital.example"
    assert config.secure
    assert config.certificate == Path("/etc/peitong/tls.pem")
    assert config.trusted_proxies == (ip_network("192.0.2.1/32"), ip_network("2001:db8:1::/48"))
    assert config.database_url == "postgresql+asyncpg://peitong@db/peitong"
    assert config.udp == ("0.0.0.0", 50000)
    assert config.tcp == ("::", 50443)
    assert config.advertise == ("192.0.2.7", "2001:db8::7")
    assert config.relays == 2
    assert config.recipients == (RECIPIENT,)
    assert config.turn_urls == ("turn:turn.hospital.example:3478", "turns:[2001:db8::9]:443?transport=tcp")
    assert config.turn_policy == "relay"
    assert config.turn_secret is not None
    assert config.turn_secret.reveal() == "s3cret"
    assert config.link_valid_s == 3600
    assert config.rules.guardian_s == 90
    assert config.rules.physician_s == 300
    assert config.webhook_networks == (ip_network("10.20.0.0/16"), ip_network("fd00:20::/32"))
    assert config.webhook_loopback


def test_the_environment_alone_is_enough_and_the_rest_has_defaults() -> None:
    config = load("", LEAST)
    assert config.data_folder == Path("/d")
    assert config.listen == ("127.0.0.1", 8480)
    assert config.database_url == "sqlite+aiosqlite:////d/peitong.db"
    assert not config.secure
    assert config.tcp == ("", 0)  # where media.udp is, under the same number
    assert config.turn_policy == "all"
    assert (config.webhook_networks, config.webhook_loopback) == ((), False)


def test_recordings_are_sealed_to_the_hospital_and_to_escrow_and_escrow_alone_is_not_enough() -> None:
    escrow = RECIPIENT[:-1] + ("q" if RECIPIENT[-1] != "q" else "p")
    config = load(WHOLE, {"PEITONG_RECORDING_ESCROW": f"{escrow}, {RECIPIENT}"})
    assert (config.recipients, config.escrow) == ((RECIPIENT,), (escrow, RECIPIENT))
    assert config.sealing.of("h1", 1) == (RECIPIENT, escrow)
    assert load(WHOLE, {}).sealing.of("h1", 1) == (RECIPIENT,)
    without = {name: value for name, value in LEAST.items() if name != "PEITONG_RECORDING_RECIPIENTS"}
    told = faults("", **without, PEITONG_RECORDING_ESCROW=RECIPIENT)
    assert [fault.split()[0] for fault in told] == ["recording.recipients"]
    assert faults("", **LEAST, PEITONG_RECORDING_ESCROW="AGE-SECRET-KEY-1X")[0].startswith("recording.escrow")


def test_each_hospital_may_have_keys_of_its_own_from_a_file_or_the_environment() -> None:
    other = "age1" + "p" * 58
    toml = f"""
    [recording.hospitals.ab12]
    recipients = ["{RECIPIENT}"]
    [recording.hospitals.cd34]
    recipients = ["{other}"]
    """
    without = {name: value for name, value in LEAST.items() if name != "PEITONG_RECORDING_RECIPIENTS"}
    each = {"ab12": (RECIPIENT,), "cd34": (other,)}
    config = load(toml, without)
    assert (config.recipients, config.hospital_recipients) == ((), each)
    variable = {"PEITONG_RECORDING_HOSPITALS": f"ab12={RECIPIENT},cd34={other}"}
    assert load("", LEAST | variable).hospital_recipients == each
    assert config.sealing.of("cd34", 2) == (other,)


def test_a_fault_in_a_hospitals_keys_names_the_hospital() -> None:
    told = faults("[recording.hospitals.ab12]\nrecipients = ['AGE-SECRET-KEY-1X']\nescrow = []", **LEAST)
    assert [fault.split(":")[0] for fault in told] == ["recording.hospitals.ab12"]
    told = faults("[recording.hospitals.ab12]\nrecipients = ['AGE-SECRET-KEY-1X']", **LEAST)
    assert [fault.split(":")[0] for fault in told] == ["recording.hospitals.ab12.recipients"]


def test_media_over_tcp_can_be_off() -> None:
    assert load("", LEAST | {"PEITONG_MEDIA_TCP": "off"}).tcp is None


def test_the_environment_overrides_the_file() -> None:
    config = load(WHOLE, {"PEITONG_MEDIA_ADVERTISE": "198.51.100.1, 198.51.100.2", "PEITONG_LIMITS_GUARDIAN_S": "60"})
    assert config.advertise == ("198.51.100.1", "198.51.100.2")
    assert config.rules.guardian_s == 60


def test_every_fault_is_told_at_once() -> None:
    told = faults(
        """
        loose = 1
        [http]
        listen = "nowhere"
        origin = "https://a/b"
        certificate = "relative.pem"
        [media]
        advertise = ["not-an-address"]
        relays = true
        [recording]
        recipients = ["AGE-SECRET-KEY-1X"]
        [turn]
        urls = []
        [limits]
        guardian_s = -1
        unknown_s = 3
        [strange]
        thing = 1
        """
    )
    for name in (
        "loose", "http.listen", "http.origin", "http.certificate", "media.advertise", "media.relays",
        "recording.recipients", "turn.urls", "limits.guardian_s", "limits.unknown_s", "strange.thing", "data.folder is missing",
    ):  # fmt: skip
        assert any(fault.startswith(name) for fault in told), name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_LISTEN", "host:99999"),
        ("HTTP_LISTEN", ":80"),
        ("HTTP_ORIGIN", "ftp://a"),
        ("HTTP_TRUSTED_PROXIES", "proxy.hospital.example"),
        ("HTTP_TRUSTED_PROXIES", "10.1.2.3/16"),
        ("HTTP_ORIGIN", " "),
        ("MEDIA_TCP", "no"),
        ("TURN_POLICY", "none"),
        ("TURN_URLS", "stun:turn.hospital.example"),
        ("TURN_URLS", "turn.hospital.example:3478"),
        ("TURN_URLS", "turn:a?transport=quic"),
        ("TURN_URLS", ",".join(f"turn:t{n}.example" for n in range(9))),
        ("MEDIA_RELAYS", "0"),
        ("MEDIA_RELAYS", "65"),
        ("LIMITS_GUARDIAN_S", "soon"),
        ("LIMITS_GUARDIAN_S", "nan"),
        ("ACCESS_LINK_VALID_S", "1e99"),
        ("WEBHOOKS_ALLOW_NETWORKS", "his.hospital.example"),
        ("WEBHOOKS_ALLOW_LOOPBACK", "1"),
    ],
)
def test_a_wrong_value_is_a_fault_of_its_setting(name: str, value: str) -> None:
    setting = name.replace("_", ".", 1).lower()
    assert any(fault.startswith(setting) for fault in faults("", **LEAST | {f"PEITONG_{name}": value}))


@pytest.mark.parametrize("said", ["true", "false"])
def test_a_truth_is_said_in_file_or_environment(said: str) -> None:
    assert load("", LEAST | {"PEITONG_WEBHOOKS_ALLOW_LOOPBACK": said}).webhook_loopback is (said == "true")
    assert load(f"[webhooks]\nallow_loopback = {said}", LEAST).webhook_loopback is (said == "true")
    assert any(fault.startswith("webhooks.allow_loopback") for fault in faults("[webhooks]\nallow_loopback = 1", **LEAST))


def test_seconds_are_numbers_not_truths() -> None:
    assert any(fault.startswith("limits.guardian_s") for fault in faults("[limits]\nguardian_s = true", **LEAST))
    assert any(fault.startswith("http.origin") for fault in faults("[http]\norigin = 3"))


def test_what_belongs_together_must_come_together() -> None:
    told = faults("[http]\ncertificate = '/c'\n[turn]\nsecret = 'x'", **LEAST)
    assert any("certificate_key" in fault for fault in told)
    assert any("turn.urls" in fault for fault in told)


def test_only_through_turn_servers_needs_turn_servers() -> None:
    assert faults("[turn]\npolicy = 'relay'", **LEAST) == (
        "turn.policy relay sends all media through TURN servers, but turn.urls names none",
    )


@pytest.mark.parametrize(("udp", "advertise"), [("192.0.2.7:50000", "2001:db8::7"), ("[2001:db8::7]:50000", "192.0.2.7")])
def test_an_address_where_nothing_listens_is_not_advertised(udp: str, advertise: str) -> None:
    (fault,) = faults("", **LEAST | {"PEITONG_MEDIA_UDP": udp, "PEITONG_MEDIA_ADVERTISE": advertise})
    assert fault.startswith("media.advertise")


def test_plain_http_is_for_this_machine_only() -> None:
    told = faults("", **(LEAST | {"PEITONG_HTTP_ORIGIN": "http://visit.hospital.example"}))
    assert any("https" in fault for fault in told)


def test_what_is_not_toml_is_one_fault_among_others() -> None:
    told = faults("[[[")
    assert any(fault.startswith("not TOML") for fault in told)
    assert len(told) == 4


def test_a_secret_does_not_show_itself() -> None:
    config = Config(Path("/d"), (RECIPIENT,), "https://a", turn_secret=Secret("s3cret"))
    assert "s3cret" not in repr(config)


@given(st.text(max_size=300))
def test_any_text_is_a_configuration_or_its_faults(text: str) -> None:
    told = None
    try:
        load(text, LEAST)
    except ConfigFaults as caught:
        told = caught.faults
    assert told is None or told


MAIL = """
[reminders]
through = "smtp"
smtp_server = "mail.hospital.example:587"
smtp_sender = "visits@hospital.example"
"""


def test_mail_needs_a_server_and_a_sender_and_goes_encrypted() -> None:
    assert load(MAIL, LEAST).mail == MailServer(("mail.hospital.example", 587), "visits@hospital.example")
    signed_in = load(MAIL + 'smtp_security = "tls"\nsmtp_login = "visits"\nsmtp_password = "sesame"\n', LEAST).mail
    assert signed_in is not None
    assert (signed_in.security, signed_in.login) == (Security.TLS, "visits")
    assert "sesame" not in repr(signed_in)
    assert load("", LEAST).reminders == "off"


def test_no_server_prints_links_and_is_told_what_to_do_instead() -> None:
    (fault,) = faults('[reminders]\nthrough = "console"\n', **LEAST)
    assert "prints join links" in fault
    assert '"smtp"' in fault
    assert "prints join links" in faults("", PEITONG_REMINDERS_THROUGH="console", **LEAST)[0]


def test_mail_that_does_not_fit_together_is_told() -> None:
    missing = faults('[reminders]\nthrough = "smtp"\n', **LEAST)
    assert [fault.split(" ")[0] for fault in missing] == ["reminders.smtp_server", "reminders.smtp_sender"]
    assert faults('[reminders]\nsmtp_login = "visits"\n', **LEAST)
    assert "belong together" in faults(MAIL + 'smtp_login = "visits"\n', **LEAST)[0]
    assert "do not travel in the open" in faults(MAIL + 'smtp_security = "none"\n', **LEAST)[0]
    here = MAIL.replace("mail.hospital.example:587", "localhost:25") + 'smtp_security = "none"\n'
    assert load(here, LEAST).mail is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("through", "pigeon"), ("smtp_sender", "not an address"), ("smtp_sender", "a@b\n.c"), ("smtp_security", "some"),
        ("smtp_server", "x"),
    ],
)  # fmt: skip
def test_a_way_to_families_that_nobody_knows_is_a_fault(name: str, value: str) -> None:
    told = faults("", **LEAST | {f"PEITONG_REMINDERS_{name.upper()}": value})
    assert any(fault.startswith(f"reminders.{name}") for fault in told)
