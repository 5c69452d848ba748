/** The whole English catalogue, from its parts; a key stands in one part only. */

import book from "./en/book.js";
import change from "./en/change.js";
import concerns from "./en/concerns.js";
import coordinator from "./en/coordinator.js";
import desk from "./en/desk.js";
import doctor from "./en/doctor.js";
import family from "./en/family.js";
import guest from "./en/guest.js";
import join from "./en/join.js";
import letter from "./en/letter.js";
import note from "./en/note.js";
import ops from "./en/ops.js";
import physician from "./en/physician.js";
import prepare from "./en/prepare.js";
import receipt from "./en/receipt.js";
import shared from "./en/shared.js";
import staff from "./en/staff.js";

export default Object.freeze({ ...shared, ...join, ...family, ...guest, ...prepare, ...physician, ...note, ...concerns, ...ops, ...letter, ...staff, ...doctor, ...receipt, ...coordinator, ...book, ...desk, ...change });
