/** The whole Chinese catalogue, from its parts; a key stands in one part only. */

import book from "./zh/book.js";
import change from "./zh/change.js";
import concerns from "./zh/concerns.js";
import coordinator from "./zh/coordinator.js";
import desk from "./zh/desk.js";
import doctor from "./zh/doctor.js";
import family from "./zh/family.js";
import guest from "./zh/guest.js";
import join from "./zh/join.js";
import letter from "./zh/letter.js";
import note from "./zh/note.js";
import ops from "./zh/ops.js";
import physician from "./zh/physician.js";
import prepare from "./zh/prepare.js";
import receipt from "./zh/receipt.js";
import shared from "./zh/shared.js";
import staff from "./zh/staff.js";

export default Object.freeze({ ...shared, ...join, ...family, ...guest, ...prepare, ...physician, ...note, ...concerns, ...ops, ...letter, ...staff, ...doctor, ...receipt, ...coordinator, ...book, ...desk, ...change });
