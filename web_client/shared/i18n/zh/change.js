/** What the page says on which a family moves its appointment or calls it off. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({
  "change.title": "您的预约",
  "change.failed.title": "暂时打不开",
  "change.move": "改到另一个时间",
  "change.move.to": "改到 {time}",
  "change.moved": "已改好。就诊链接不变，仍然有效。",
  "change.none.title": "这位医师没有其他可约的时间",
  "change.none.body": "您可以保留现在的时间，或取消后另约一位医师。",
  "change.keep": "不改，返回",
  "change.cancel": "取消预约",
  "change.cancel.title": "确定取消这次就诊吗？",
  "change.cancel.body": "取消后这个时间会让给别的孩子，就诊链接不再有效。",
  "change.cancel.do": "取消这次就诊",
  "change.cancelled.title": "已取消",
  "change.cancelled.body": "这次就诊已取消。需要时可以重新预约；如果孩子情况变重，请到医院当面就诊。",
  "change.over": "这次就诊已经结束，不能再更改。",
  "change.fixed": "这次就诊不能在网上更改。如需改期或取消，请致电医院。",
  "change.book": "重新预约",
  "change.back": "回到就诊页面",
  "change.link": "改期或取消",

  "change.notice.time_gone": "刚才选的时间已被别人约走，请另选一个。原来的预约没有变。",
  "change.notice.network": "没有收到回复，还不能确定是否改好。请检查网络，再试一次。",
  "change.notice.too_many_attempts": "更改太频繁了，请过一会儿再试，或致电医院。",
  "change.notice.visit_under_way": "就诊已经开始，不能再更改。",
  "change.notice.not_allowed": "这家医院不能在网上更改预约，请致电医院。",
  "change.notice.precondition_failed": "预约刚刚有了变化，下面是现在的时间。",
});
