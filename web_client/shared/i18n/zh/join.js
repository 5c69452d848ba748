/** What the join page says, and what each refused link means. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({
  "join.title": "加入孩子的线上就诊",
  "join.lead": "医院邀请您陪同孩子，与专科医师进行一次视频就诊。",
  "join.need_title": "请先准备好",
  "join.need_child": "孩子在您身边，您全程陪同",
  "join.need_place": "安静、光线充足的地方",
  "join.need_phone": "电量充足的手机和稳定的网络",
  "join.need_records": "以往的检查单、身高体重记录（如有）",
  "join.button": "在这台设备上加入就诊",
  "join.bound": "链接只能使用一次，并与您现在使用的这台设备绑定。请用接下来要进行视频的手机或电脑点按。",
  "join.working": "正在加入，请稍候…",

  "join.unknown.title": "这个链接无法使用",
  "join.unknown.body": "链接可能没有复制完整，或者已被新的链接取代。请打开医院发来的最新短信或微信消息，直接点按其中的链接。",
  "join.used.title": "这个链接已在另一台设备上使用",
  "join.used.body": "如果您刚才用另一部手机或另一个应用打开过它，请回到那里继续。如果需要换到这台设备，请致电医院，请他们重新发送链接。",
  "join.expired.title": "这个链接已过期",
  "join.expired.body": "请致电医院，请他们重新发送链接。您的预约不会因此取消。",
  "join.throttled.title": "尝试次数过多",
  "join.throttled.body": "为了保护孩子的信息，请等几分钟再试。",
  "join.network.title": "网络没有连上",
  "join.network.body": "请检查手机信号或 Wi-Fi，然后再试一次。链接没有被用掉。",
  "join.other.title": "暂时无法加入",
  "join.other.body": "您没有做错什么。请稍后再试一次；如果仍然不行，请致电医院。",
  "join.urgent": "如果孩子情况紧急，请不要等待，立即拨打 120。",
});
