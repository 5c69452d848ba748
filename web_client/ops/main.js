/** Operations' page, put together: it asks once a second. */

import { staffPage } from "../shared/staff/page.js";
import { initial, reduce } from "./state.js";
import { view } from "./view.js";

staffPage({
  title: "ops.title",
  roles: ["operations", "administrator"],
  everyMs: 1_000,
  timeoutMs: 5_000,
  initial,
  reduce,
  view,
  ask: (api) => api.opsSessions(),
});
