"""The doctor's catalogue: every code with its verdict, what was found, and one sentence what to change. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from server.doctor.findings import Figure, Finding, Verdict, Words

_F, _W, _U, _G = Verdict.FAULT, Verdict.WARNING, Verdict.UNKNOWN, Verdict.GOOD

CHECKS: Final[Mapping[str, str]] = MappingProxyType({
    "configuration": "配置 / configuration",
    "packages": "Python 与依赖 / Python and packages",
    "data": "数据目录 / data folder",
    "disk": "磁盘空间 / disk space",
    "clock": "系统时间 / clock",
    "files": "打开文件数 / open files",
    "udp_buffers": "UDP 缓冲 / UDP buffers",
    "database": "数据库 / database",
    "server": "服务进程 / server",
    "recipients": "录制公钥 / recording keys",
    "certificate": "证书 / certificate",
    "origin": "网站地址 / web address",
    "udp": "UDP 直连 / UDP to the relay",
    "tcp": "ICE-TCP",
    "ipv6": "IPv6",
    "turn": "TURN",
})  # fmt: skip

CATALOGUE: Final[Mapping[str, tuple[str, Words]]] = MappingProxyType({
    # --- configuration
    "config_fault": ("configuration", Words(
        _F, "{fault}", "{fault}",
        "请改正 TOML 文件或环境变量 PEITONG_*，再运行一次。", "Correct the TOML file or the PEITONG_* variables, and run this again.")),
    "config_good": ("configuration", Words(_G, "配置可以读取。", "The configuration can be read.")),
    "udp_port_free": ("configuration", Words(
        _W, "media.udp 的端口为 0，每次启动都会改变。", "The port of media.udp is 0: it changes at every start.",
        "请设为固定端口（例如 0.0.0.0:40000），才能在防火墙中放行。", "Set a fixed one (such as 0.0.0.0:40000), so that a firewall can allow it.")),
    "advertise_loopback": ("configuration", Words(
        _F, "media.advertise 只有本机回环地址，其他设备无法连接。", "media.advertise names only this machine's loopback: no other device can connect.",
        "请把家长和医院能访问的地址写入 media.advertise。", "Put the address that families and the hospital can reach into media.advertise.")),
    "only_udp": ("configuration", Words(
        _W, "没有 ICE-TCP，也没有 TURN：禁用 UDP 的医院网络无法通话。", "Neither ICE-TCP nor TURN is set up: hospitals that block UDP cannot hold a call.",
        "请设置 media.tcp（例如 0.0.0.0:443 或 40000），或架设 coturn 并设置 turn.urls 与 turn.secret。",
        "Set media.tcp (such as 0.0.0.0:443 or 40000), or run coturn and set turn.urls and turn.secret.")),
    # --- the machine
    "packages_good": ("packages", Words(_G, "Python {python}，{count} 个依赖与锁文件一致。", "Python {python}; packages as the lock file pins them: {count}.")),
    "packages_unpinned": ("packages", Words(_U, "Python {python}；这里没有锁文件。", "Python {python}; there is no lock file here.")),
    "packages_differ": ("packages", Words(
        _W, "Python {python}；{count} 个依赖与锁文件不同：{names}。", "Python {python}; packages that are not what the lock file pins: {names} ({count}).",
        "请删除 .venv 目录后再运行 ./peitong，它会按锁文件重新安装。", "Delete the folder .venv and run ./peitong again: it installs what is pinned.")),
    "data_good": ("data", Words(_G, "{folder} 可写，仅属主可读。", "{folder} can be written and is its owner's alone.")),
    "data_missing": ("data", Words(
        _W, "{folder} 还不存在。", "{folder} does not exist yet.",
        "先运行 ./peitong hospital new，它会建立目录。", "Run ./peitong hospital new first: it makes the folder.")),
    "data_unwritable": ("data", Words(
        _F, "{folder} 不可写（{error}）。", "{folder} cannot be written ({error}).",
        "请以运行服务的用户检查，并把目录属主改为该用户（chown）。", "Run this as the server's user, and give the folder to that user (chown).")),
    "data_open": ("data", Words(
        _W, "{folder} 的权限为 {mode}，其他用户可读。", "{folder} has mode {mode}: other users can read it.",
        "请运行 chmod 700 {folder}。", "Run chmod 700 {folder}.")),
    "disk_good": ("disk", Words(_G, "剩余 {free_gb} GB，约可录制 {hours} 小时。", "{free_gb} GB free: about {hours} hours of recording.")),
    "disk_low": ("disk", Words(
        _W, "剩余 {free_gb} GB，只够录制约 {hours} 小时。", "{free_gb} GB free: only about {hours} hours of recording.",
        "请扩容，或把已归档的录制移走。", "Add space, or move recordings that were archived elsewhere.")),
    "disk_full": ("disk", Words(
        _F, "剩余 {free_gb} GB，只够录制约 {hours} 小时；录制停止时通话会被暂停。",
        "{free_gb} GB free: about {hours} hours of recording; a call is held when its recording stops.",
        "请立即腾出空间。", "Make space now.")),
    "clock_good": ("clock", Words(_G, "时间已同步（最大误差 {error_ms} 毫秒）。", "The clock is synchronised (error at most {error_ms} ms).")),
    "clock_free": ("clock", Words(
        _W, "系统时间没有同步。", "The clock is not synchronised.",
        "请启用 chrony 或 systemd-timesyncd；TURN 凭据和日志都依赖正确的时间。", "Enable chrony or systemd-timesyncd: TURN credentials and the journal need the right time.")),
    "clock_wrong": ("clock", Words(
        _F, "系统时间是 {now}，早于本软件的发布时间。", "The clock says {now}, which is before this software was made.",
        "请校正系统时间并启用时间同步。", "Set the clock, and enable its synchronisation.")),
    "clock_unknown": ("clock", Words(_U, "系统没有告知时间是否同步。", "The system does not tell whether its clock is synchronised.")),
    "files_good": ("files", Words(_G, "服务最多可打开 {limit} 个文件。", "The server may open {limit} files.")),
    "files_low": ("files", Words(
        _W, "服务最多只能打开 {limit} 个文件。", "The server may open only {limit} files.",
        "请把限制提高到 {wanted}（systemd：LimitNOFILE={wanted}），再重启服务。", "Raise the limit to {wanted} (systemd: LimitNOFILE={wanted}) and restart the server.")),
    "files_unknown": ("files", Words(
        _U, "服务最多可打开多少文件，运行时才看得到。", "How many files the server may open can be seen only while it runs.")),
    "buffers_good": ("udp_buffers", Words(_G, "接收缓冲上限 {receive_kib} KiB，发送 {send_kib} KiB。", "At most {receive_kib} KiB to receive, {send_kib} KiB to send.")),
    "buffers_small": ("udp_buffers", Words(
        _W, "接收缓冲上限 {receive_kib} KiB，发送 {send_kib} KiB，需要 {wanted_kib} KiB；繁忙时会丢包。",
        "At most {receive_kib} KiB to receive and {send_kib} KiB to send; {wanted_kib} KiB are wanted: packets are lost when it is busy.",
        "请运行 sysctl -w net.core.rmem_max={wanted} net.core.wmem_max={wanted}，并写入 /etc/sysctl.d/。",
        "Run sysctl -w net.core.rmem_max={wanted} net.core.wmem_max={wanted}, and write it into /etc/sysctl.d/.")),
    "buffers_unknown": ("udp_buffers", Words(_U, "这里读不到系统的缓冲上限。", "The system's limits cannot be read here.")),
    # --- database, processes, keys
    "database_good": ("database", Words(_G, "一次持久写入用时 {write_ms} 毫秒。", "A durable write took {write_ms} ms.")),
    "database_slow": ("database", Words(
        _W, "一次持久写入用时 {write_ms} 毫秒，超过 {limit_ms} 毫秒时通话会被暂停。", "A durable write took {write_ms} ms; beyond {limit_ms} ms calls are held.",
        "请把数据目录放到更快的磁盘（SSD）上，不要放在网络磁盘上。", "Put the data folder on a faster disk (SSD), not on a network share.")),
    "database_away": ("database", Words(
        _F, "数据库没有应答（{error}）。", "The database does not answer ({error}).",
        "请检查 data.database 与数据库服务；数据库不可写时不会开始任何通话。", "Check data.database and the database server: no call begins while it cannot be written.")),
    "database_none": ("database", Words(
        _W, "还没有数据库。", "There is no database yet.",
        "先运行 ./peitong hospital new 或 ./peitong serve。", "Run ./peitong hospital new or ./peitong serve first.")),
    "server_good": ("server", Words(_G, "服务正在运行，转发和录制进程都在应答。", "The server runs; its relays and recorders answer.")),
    "server_missing": ("server", Words(
        _F, "服务在运行，但没有应答：{missing}。", "The server runs, but these do not answer: {missing}.",
        "请查看服务日志；进程会自动重启，反复出现时请检查磁盘与内存。", "Look into the server's log; processes start again by themselves: if it recurs, check disk and memory.")),
    "server_stopped": ("server", Words(
        _U, "服务没有在 {listen} 运行，以下只检查了配置和本机。", "The server does not run at {listen}: only configuration and machine were examined.",
        "运行 ./peitong serve 之后再检查一次，就能检查网络。", "Run ./peitong serve and then this again, to examine the network too.")),
    "recipients_good": ("recipients", Words(_G, "录制和资料使用的公钥共 {count} 个。", "Keys that recordings and documents are sealed to: {count}.")),
    "recipients_bad": ("recipients", Words(
        _F, "第 {number} 个公钥不是有效的 age 公钥。", "Key number {number} is no valid age public key.",
        "请用 age-keygen -y 取得公钥并写入 recording.recipients。", "Take it from age-keygen -y and put it into recording.recipients.")),
    "hospital_keys_good": ("recipients", Words(
        _G, "{count} 家医院都有公钥，各自的录制和资料只有本院（和托管）能打开。",
        "Every hospital has a key (hospitals: {count}): what its visits leave opens with that, or with escrow's, only.")),
    "hospital_key_missing": ("recipients", Words(
        _F, "医院 {name}（{hospital}）没有自己的公钥：多家医院共用本服务器时，该院不能开始就诊，也不能接收资料。",
        "The hospital {name} ({hospital}) has no key of its own: where several share a server, its visits cannot begin and it takes no documents.",
        "请在配置的 [recording] 下写入 hospitals.{hospital}.recipients = [\"age1…\"]，然后重启服务。",
        "Write below [recording] in the configuration: hospitals.{hospital}.recipients = [\"age1…\"], and restart the server.")),
    "hospital_key_unknown": ("recipients", Words(
        _W, "recording.hospitals.{hospital}：没有这个编号的医院。", "recording.hospitals.{hospital}: there is no hospital of this id.",
        "请核对 ./peitong hospital new 给出的编号。", "Compare it with what ./peitong hospital new printed.")),
    # --- certificate and web address
    "certificate_good": ("certificate", Words(_G, "{host} 的证书还有 {days} 天有效。", "The certificate of {host} is good for {days} more days.")),
    "certificate_plain": ("certificate", Words(
        _W, "网址是 {origin}，没有 https：只有本机的浏览器能用摄像头。", "The address is {origin}, without https: only this machine's browser may use its camera.",
        "正式使用请在 http.origin 写 https 网址，并设置证书。", "For use, put an https address into http.origin, and set a certificate.")),
    "certificate_proxy": ("certificate", Words(_G, "https 由前面的代理提供（这里没有设置证书）。", "A proxy in front does https (no certificate is set here).")),
    "certificate_unreadable": ("certificate", Words(
        _F, "证书或私钥无法读取（{error}）。", "The certificate or its key cannot be read ({error}).",
        "请检查 http.certificate 与 http.certificate_key 的路径、格式（PEM）与权限。", "Check path, format (PEM) and permissions of http.certificate and http.certificate_key.")),
    "certificate_expired": ("certificate", Words(
        _F, "证书已于 {until} 过期。", "The certificate expired on {until}.",
        "请更新证书并重启服务。", "Renew it and restart the server.")),
    "certificate_early": ("certificate", Words(
        _F, "证书从 {since} 起才有效。", "The certificate is good only from {since}.",
        "请检查系统时间，或换用已生效的证书。", "Check the clock, or use a certificate that is in force.")),
    "certificate_soon": ("certificate", Words(
        _W, "证书还有 {days} 天过期。", "The certificate expires in {days} days.",
        "请更新证书并重启服务，最好自动更新。", "Renew it and restart the server; best let that happen by itself.")),
    "certificate_name": ("certificate", Words(
        _F, "证书是给 {names} 的，不包含 {host}。", "The certificate is for {names}, not for {host}.",
        "请使用包含 {host} 的证书，或改正 http.origin。", "Use a certificate that names {host}, or correct http.origin.")),
    "certificate_key": ("certificate", Words(
        _F, "私钥与证书不匹配。", "The key does not belong to the certificate.",
        "请把 http.certificate_key 指向这张证书的私钥。", "Point http.certificate_key to this certificate's key.")),
    "certificate_key_open": ("certificate", Words(
        _F, "私钥文件的权限为 {mode}，其他用户可读。", "The key's file has mode {mode}: other users can read it.",
        "请运行 chmod 600 {path}。", "Run chmod 600 {path}.")),
    "certificate_self": ("certificate", Words(
        _W, "证书是自签的，浏览器会警告，手机上可能打不开摄像头。", "The certificate is self-made: browsers warn, and phones may refuse the camera.",
        "正式使用请换成受信任机构签发的证书。", "For use, take one of an authority that browsers trust.")),
    "certificate_chain": ("certificate", Words(
        _W, "证书文件里只有一张证书，没有中间证书。", "The file holds one certificate and no intermediate one.",
        "请使用完整链文件（fullchain.pem），否则部分手机无法信任。", "Use the full chain (fullchain.pem): some phones do not trust it otherwise.")),
    "origin_good": ("origin", Words(_G, "{host} 用时 {ms} 毫秒应答，证书受信任。", "{host} answered in {ms} ms, as browsers would see it.")),
    "origin_plain": ("origin", Words(_G, "{host} 用时 {ms} 毫秒应答。", "{host} answered in {ms} ms.")),
    "origin_unresolved": ("origin", Words(
        _F, "{host} 无法解析。", "{host} does not resolve.",
        "请在 DNS 中添加 {host}，或改正 http.origin。", "Add {host} to the DNS, or correct http.origin.")),
    "origin_silent": ("origin", Words(
        _F, "{host} 的 {port} 端口没有应答（{error}）。", "{host} does not answer at port {port} ({error}).",
        "请检查代理、防火墙的 TCP {port} 端口，以及 DNS 是否指向本机。", "Check the proxy, the firewall's TCP port {port}, and that the DNS points to this machine.")),
    "origin_untrusted": ("origin", Words(
        _F, "浏览器不会信任 {host} 的证书（{error}）。", "Browsers will not trust the certificate of {host} ({error}).",
        "请安装受信任机构签发、包含中间证书、名称为 {host} 的证书。", "Install one for {host} of a trusted authority, with its intermediate certificates.")),
    "origin_foreign": ("origin", Words(
        _F, "{host} 由别的程序应答（状态 {status}）。", "Something else answers at {host} (status {status}).",
        "请让代理把 {host} 的全部请求转到 {listen}，包括 WebSocket。", "Let the proxy pass everything of {host} to {listen}, WebSocket included.")),
    "origin_other_certificate": ("origin", Words(
        _W, "{host} 出示的证书不是配置中的那张。", "{host} shows another certificate than the configured one.",
        "如果刚更新过证书，请重启服务；如果由代理提供 https，请忽略。", "Restart the server if it was just renewed; if a proxy does https, this is fine.")),
    # --- ways of the media
    "udp_good": ("udp", Words(_G, "UDP {address}:{port} 用时 {ms} 毫秒应答。", "UDP {address}:{port} answered in {ms} ms.")),
    "udp_silent": ("udp", Words(
        _F, "UDP {address}:{port} 是本机地址，但没有应答。", "UDP {address}:{port} is this machine's, yet it does not answer.",
        "请在本机防火墙放行 UDP {port}，并检查 media.udp 是否绑定了该地址。", "Allow UDP {port} in this machine's firewall, and check that media.udp is bound to it.")),
    "udp_outside": ("udp", Words(
        _U, "UDP {address}:{port} 不是本机地址（NAT 之后），从本机无法确认。", "UDP {address}:{port} is not this machine's (behind a NAT): it cannot be seen from here.",
        "请在路由器上把 UDP {port} 转发到本机，再用下面的链接从外部检查。", "Let the router pass UDP {port} to this machine, and check from outside with the link below.")),
    "udp_port_taken": ("udp", Words(
        _F, "UDP {port} 已被别的程序占用。", "Another program holds UDP {port}.",
        "请停止该程序，或换用别的 media.udp 端口。", "Stop it, or choose another port for media.udp.")),
    "udp_loopback": ("udp", Words(_G, "UDP {address}:{port}（仅本机）用时 {ms} 毫秒应答。", "UDP {address}:{port} (this machine only) answered in {ms} ms.")),
    "leg_refused": ("udp", Words(
        _F, "转发进程没有接受检查用的连接（{why}）。", "The relay did not take the probe ({why}).",
        "请等一分钟再试；仍然如此请查看服务日志。", "Wait a minute and try again; if it stays so, look into the server's log.")),
    "tcp_good": ("tcp", Words(_G, "TCP {address}:{port} 用时 {ms} 毫秒应答。", "TCP {address}:{port} answered in {ms} ms.")),
    "tcp_silent": ("tcp", Words(
        _F, "TCP {address}:{port} 是本机地址，但没有应答。", "TCP {address}:{port} is this machine's, yet it does not answer.",
        "请在本机防火墙放行 TCP {port}。", "Allow TCP {port} in this machine's firewall.")),
    "tcp_outside": ("tcp", Words(
        _U, "TCP {address}:{port} 不是本机地址（NAT 之后），从本机无法确认。", "TCP {address}:{port} is not this machine's (behind a NAT): it cannot be seen from here.",
        "请在路由器上把 TCP {port} 转发到本机，再用下面的链接从外部检查。", "Let the router pass TCP {port} to this machine, and check from outside with the link below.")),
    "tcp_off": ("tcp", Words(
        _U, "没有设置 media.tcp。", "media.tcp is not set.",
        "如有医院禁用 UDP，请设置 media.tcp（例如 0.0.0.0:443）。", "Where hospitals block UDP, set media.tcp (such as 0.0.0.0:443).")),
    "ipv6_good": ("ipv6", Words(_G, "已公布 {count} 个 IPv6 地址。", "IPv6 addresses advertised: {count}.")),
    "ipv6_off": ("ipv6", Words(
        _U, "没有公布 IPv6 地址；移动网络常常只有 IPv6，经运营商转换会慢一些。", "No IPv6 address is advertised; mobile networks are often IPv6 only, and translation costs time.",
        "如本机有公网 IPv6，请把它加入 media.advertise。", "If this machine has a public IPv6 address, add it to media.advertise.")),
    "turn_good": ("turn", Words(_G, "{url} 用时 {ms} 毫秒分配，并能到达转发服务。", "{url} allocated in {ms} ms and reaches the relay.")),
    "turn_allocates": ("turn", Words(
        _W, "{url} 用时 {ms} 毫秒分配，但经它没有到达 {peer}。", "{url} allocated in {ms} ms, but the relay at {peer} was not reached through it.",
        "请允许 TURN 服务器向 {peer} 发送 UDP。", "Let the TURN server send UDP to {peer}.")),
    "turn_unprobed": ("turn", Words(
        _U, "{url} 用时 {ms} 毫秒分配；没有检查经它到转发服务的路。", "{url} allocated in {ms} ms; the way from it to the relay was not tried.")),
    "turn_bad_url": ("turn", Words(
        _F, "{url} 不是浏览器能用的 TURN 地址。", "{url} is no TURN address that browsers use.",
        "请写成 turn:主机:3478?transport=udp、turn:主机:3478?transport=tcp 或 turns:主机:5349。", "Write turn:HOST:3478?transport=udp, turn:HOST:3478?transport=tcp or turns:HOST:5349.")),
    "turn_silent": ("turn", Words(
        _F, "{url} 没有应答（{error}）。", "{url} does not answer ({error}).",
        "请检查 coturn 是否运行，并放行 {transport} {port}。", "Check that coturn runs, and allow {transport} {port}.")),
    "turn_untrusted": ("turn", Words(
        _F, "浏览器不会信任 {url} 的证书（{error}）。", "Browsers will not trust the certificate of {url} ({error}).",
        "请给 coturn 安装名称为 {host} 的受信任证书（cert、pkey）。", "Give coturn a trusted certificate for {host} (cert, pkey).")),
    "turn_refused": ("turn", Words(
        _F, "{url} 拒绝了限时凭据（{error}）。", "{url} refuses the time-limited credentials ({error}).",
        "请让 coturn 使用 use-auth-secret，且 static-auth-secret 与 turn.secret 相同，并检查两边的时间。",
        "Let coturn use use-auth-secret with the same static-auth-secret as turn.secret, and check both clocks.")),
    "turn_forever": ("turn", Words(
        _F, "{url} 接受了已过期的凭据，任何人都可以一直借用它。", "{url} takes expired credentials: anybody may go on using it.",
        "请启用 use-auth-secret，去掉 no-auth 与固定用户（user=）。", "Enable use-auth-secret, and remove no-auth and fixed users (user=).")),
    "turn_peer_denied": ("turn", Words(
        _F, "{url} 不允许到达转发服务 {peer}（{error}）。", "{url} does not allow the relay at {peer} ({error}).",
        "请在 coturn 中加入 allowed-peer-ip={address}。", "Add allowed-peer-ip={address} to coturn.")),
    "turn_off": ("turn", Words(
        _U, "没有设置 TURN 服务器。", "No TURN server is set.",
        "如有医院禁用 UDP 并限制端口，请架设 coturn 并设置 turn.urls 与 turn.secret。", "Where hospitals block UDP and most ports, run coturn and set turn.urls and turn.secret.")),
})  # fmt: skip


def finding(code: str, **figures: Figure) -> Finding:
    """A finding of the catalogue. Raises ``KeyError`` for a code that it does not have."""
    check, words = CATALOGUE[code]
    return Finding(check, code, words, figures)
