/** What the sign-in of staff says, on the physician's page and on operations'. Keys start with `staff.`. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({
  "staff.signIn.login": "Login",
  "staff.signIn.password": "Password",
  "staff.signIn.show": "Show password",
  "staff.signIn.submit": "Sign in",
  "staff.signIn.working": "Signing in…",
  "staff.signIn.failed": "Login or password is wrong, or this account cannot sign in now.",
  "staff.signIn.throttled": "Too many attempts. Try again in {seconds} seconds.",
  "staff.signIn.again": "You can try again now.",
  "staff.signIn.unreachable": "The server cannot be reached; you are not signed in. Check the network and try again.",
  "staff.signIn.unavailable": "The server cannot sign anybody in just now. Try again shortly.",
  "staff.signIn.wrongRole": "This account cannot use this page.",
  "staff.signIn.forgot": "Forgot your password? Ask the hospital’s IT desk.",
  "staff.signOut": "Sign out",
});
