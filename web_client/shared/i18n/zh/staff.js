/** What the sign-in of staff says, on the physician's page and on operations'. Keys start with `staff.`. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({
  "staff.signIn.login": "登录名",
  "staff.signIn.password": "密码",
  "staff.signIn.show": "显示密码",
  "staff.signIn.submit": "登录",
  "staff.signIn.working": "正在登录…",
  "staff.signIn.failed": "登录名或密码不正确，或此账号暂时不能登录。",
  "staff.signIn.throttled": "尝试次数过多，请在 {seconds} 秒后再试。",
  "staff.signIn.again": "现在可以再试。",
  "staff.signIn.unreachable": "连不上服务器，没有登录。请检查网络后再试。",
  "staff.signIn.unavailable": "服务器暂时无法登录，请稍后再试。",
  "staff.signIn.wrongRole": "此账号不能使用这个页面。",
  "staff.signIn.forgot": "忘记密码请联系医院信息科。",
  "staff.signOut": "退出登录",
});
