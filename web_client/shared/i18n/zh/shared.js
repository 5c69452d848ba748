/** What every page says. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({
  "brand": "陪同",
  "brand.line": "儿童线上首诊",
  "language.label": "选择语言",
  "language.skip": "跳到主要内容",

  "role.guardian": "监护人",
  "role.physician": "医师",
  "role.local_doctor": "当地医师",
  "role.interpreter": "翻译",

  "field.growth": "生长发育",
  "field.nutrition": "营养",
  "field.skin": "皮肤",

  "light.good": "网络良好",
  "light.fair": "网络一般",
  "light.poor": "网络较差",

  "chat.title": "文字消息",
  "chat.messages": "已发送的消息",
  "chat.empty": "还没有消息。听不清或看不清时，可以在这里打字。",
  "chat.write": "输入文字",
  "chat.send": "发送",
  "chat.sending": "发送中…",
  "chat.failed": "没有发出去，请再发一次",
  "chat.me": "我",

  "common.close": "关闭",
  "common.back": "返回",
  "common.cancel": "不，返回",
  "common.retry": "再试一次",
  "common.continue": "继续",
  "common.working": "请稍候…",
  "common.loading": "正在打开，请稍候…",
  "common.help": "需要帮助",

  "urgency.emergency": "立即急诊",
  "urgency.within_24h": "24 小时内",
  "urgency.within_2w": "2 周内",
  "urgency.within_30d": "30 天内",
  "urgency.routine": "择期门诊",

  "outcome.completed": "就诊已完成",
  "outcome.referred": "已转线下就诊",
  "outcome.guardian_absent": "监护人离开，会话已结束",
  "outcome.physician_absent": "医师未能返回，会话已结束",
  "outcome.no_show": "预约时间内未开始",
  "outcome.recording_lost": "录制中断，会话已结束",
  "outcome.consent_withdrawn": "已撤回同意，会话已结束",
  "outcome.cancelled": "就诊已取消",

  "cause.guardian_silent": "没有收到监护人的声音和画面",
  "cause.physician_silent": "没有收到医师的声音和画面",
  "cause.recording_lost": "录制中断",
  "cause.physician_hold": "医师暂停了通话",

  "error.network": "网络没有连上。请检查手机信号或 Wi-Fi，然后再试一次。",
  "error.unknown": "出了一点问题，您没有做错什么。请再试一次；如果仍然不行，请致电医院。",
  "error.too_many_attempts": "尝试次数过多。请等几分钟再试。",
  "error.not_signed_in": "这台设备还没有加入这次就诊。请重新点开医院发给您的链接。",
  "error.not_found": "没有找到这次就诊。请重新点开医院发给您的链接。",
  "error.unavailable": "系统暂时无法确认必要的条件，请稍后再试。",
  "error.rate_limited": "操作太快了，请稍等几秒再试。",
  "error.session_ended": "这次就诊已经结束。",
  "error.no_common_codec": "这台设备的浏览器无法与医院的视频系统互通。请换用最新版 Chrome、Safari 或 Edge 浏览器。",
  "error.media_unavailable": "视频服务暂时不可用，正在重新连接。",
});
