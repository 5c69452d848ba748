/**
 * Signing in as staff, the same on the physician's page and on operations'. It says only that it failed, never which part was
 * wrong; the password is never kept in the page's state.
 */

import { h, icon } from "./dom.js";

/**
 * @param {{t: import("../i18n/i18n.js").Translate, title: string, busy: boolean, problem: string | null, waitS: number,
 *          onsubmit: (login: string, password: string) => void}} options  `problem`: a code; `waitS`: seconds until trying
 * again is allowed
 */
export function signIn({ t, title, busy, problem, waitS, onsubmit }) {
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const login = field(form, "login");
    const password = field(form, "password");
    const empty = [login, password].find((input) => input.value === "");
    if (empty) return empty.focus();
    if (!busy && waitS <= 0) onsubmit(login.value.trim(), password.value);
  };
  const said = sentence(t, problem, waitS);
  return h(
    "main",
    { class: "sign-in", id: "main", key: "sign-in" },
    h(
      "form",
      { class: "card stack", onsubmit: submit, "aria-labelledby": "sign-in-title", novalidate: true },
      h("h1", { id: "sign-in-title" }, title),
      h(
        "div",
        { class: "field" },
        h("label", { for: "login" }, t("staff.signIn.login")),
        h("input", {
          ...INPUT,
          id: "login",
          name: "login",
          autocomplete: "username",
          mount: focus,
          "aria-invalid": invalid(problem),
        }),
      ),
      h(
        "div",
        { class: "field" },
        h("label", { for: "password" }, t("staff.signIn.password")),
        h(
          "div",
          { class: "sign-in-password" },
          h("input", {
            ...INPUT,
            id: "password",
            name: "password",
            type: "password",
            autocomplete: "current-password",
            "aria-invalid": invalid(problem),
          }),
          h(
            "button",
            {
              class: "button button-quiet",
              type: "button",
              "aria-pressed": "false",
              "aria-label": t("staff.signIn.show"),
              onclick: toggle,
            },
            icon("eye"),
          ),
        ),
      ),
      h(
        "p",
        { class: said ? "sign-in-problem field-error" : "sign-in-problem", id: "sign-in-problem", role: "alert" },
        said && icon("warn"),
        said,
      ),
      h(
        "button",
        {
          class: "button button-primary button-large button-block",
          type: "submit",
          "aria-disabled": busy || waitS > 0 ? "true" : null,
        },
        t(busy ? "staff.signIn.working" : "staff.signIn.submit"),
      ),
      h("p", { class: "soft small center" }, t("staff.signIn.forgot")),
    ),
  );
}

const INPUT = Object.freeze({
  class: "input",
  "aria-describedby": "sign-in-problem",
  autocapitalize: "none",
  autocorrect: "off",
  spellcheck: "false",
});

/** @param {string | null} problem */
function invalid(problem) {
  return problem === "sign_in_failed" ? "true" : null;
}

/** @param {import("../i18n/i18n.js").Translate} t @param {string | null} problem @param {number} waitS */
function sentence(t, problem, waitS) {
  switch (problem) {
    case null:
      return null;
    case "too_many_attempts":
      return waitS > 0 ? t("staff.signIn.throttled", { seconds: waitS }) : t("staff.signIn.again");
    case "sign_in_failed":
      return t("staff.signIn.failed");
    case "network":
      return t("staff.signIn.unreachable");
    case "wrong_role":
      return t("staff.signIn.wrongRole");
    default:
      return t("staff.signIn.unavailable");
  }
}

/** @param {HTMLFormElement} form @param {string} name */
function field(form, name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/** @param {HTMLElement} element */
function focus(element) {
  requestAnimationFrame(() => element.focus());
}

/** @param {Event} event */
function toggle(event) {
  const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
  const input = /** @type {HTMLInputElement} */ (button.previousElementSibling);
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
}
