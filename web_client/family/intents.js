/** What the guardian can ask for on this page; the view emits these and `main.js` carries them out. */

/**
 * @typedef {{type: "choose_language", language: import("../shared/i18n/i18n.js").Language} | {type: "confirm_language"}
 *   | {type: "answer_child", right: boolean} | {type: "answer_consent", agreed: boolean} | {type: "reconsider"}
 *   | {type: "open_devices"} | {type: "test_early"} | {type: "tested", works: boolean} | {type: "enter_early"} | {type: "choose_camera", facing: import("../shared/devices.js").Facing} | {type: "enter"}
 *   | {type: "toggle_microphone"} | {type: "toggle_camera"} | {type: "flip_camera"} | {type: "continue"}
 *   | {type: "play"} | {type: "play_blocked", blocked: boolean} | {type: "move_own", corner: import("./state.js").Corner}
 *   | {type: "show_whole", whole: boolean} | {type: "open_chat"} | {type: "close_chat"} | {type: "send_chat", text: string}
 *   | {type: "open_sheet", sheet: import("./state.js").Sheet} | {type: "close_sheet"} | {type: "leave"} | {type: "come_back"}
 *   | {type: "choose_withdrawal", kind: import("../shared/api.js").ConsentKind} | {type: "withdraw"}
 *   | {type: "add_documents", files: File[], purpose: "examination" | "delegation"} | {type: "remove_document", key: string, url: string | null}
 *   | {type: "complain"} | {type: "complaint_text", text: string} | {type: "complaint_add", concern: string} | {type: "complaint_withdraw", concern: string}
 *   | {type: "retry_connection"} | {type: "retry_records"} | {type: "reload"}
 *   | import("./whereabouts.js").WhereaboutsIntent | import("./preparing.js").PreparingIntent} Intent
 */

export {};
