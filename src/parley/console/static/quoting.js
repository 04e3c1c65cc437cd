// Words of the operators' chat and messages: what is copied there is marked, and where it is pasted
// the writer is asked whether it is meant. The station compares the words itself; this is sooner.

const MARK = "application/x-parley-chat";

/** Mark what is copied from the chat. */
export function markCopies() {
  document.addEventListener("copy", (event) => {
    const picked = getSelection();
    const chat = document.getElementById("chat");
    if (!chat || !picked || picked.isCollapsed || !event.clipboardData) return;
    if (!picked.containsNode(chat, true)) return;
    event.clipboardData.setData("text/plain", picked.toString());
    event.clipboardData.setData(MARK, "1");
    event.preventDefault();
  });
}

/** Watch a text that is written; what is returned shows what the station found in it.
 * @param {HTMLTextAreaElement} text @returns {(lines: any[]) => void} */
export function watchPastes(text) {
  const box = document.getElementById("from-chat");
  const list = document.getElementById("from-chat-lines");
  const tick = /** @type {HTMLInputElement | null} */ (box?.querySelector("[name=from_chat]") ?? null);
  const pasted = /** @type {HTMLInputElement | null} */ (document.getElementById("pasted"));
  if (!box || !list || !tick || !pasted) return () => undefined;
  const show = (/** @type {boolean} */ shown) => {
    box.hidden = !shown;
    tick.required = shown;
    if (!shown) tick.checked = false;
  };
  text.addEventListener("paste", (event) => {
    if (!event.clipboardData?.types.includes(MARK)) return;
    pasted.value = "yes";
    show(true);
  });
  let before = list.textContent;
  return (lines) => {
    list.replaceChildren(
      ...lines.map((each) => {
        const row = document.createElement("li");
        const ref = document.createElement("span");
        ref.className = "figures";
        ref.textContent = each.ref;
        const words = document.createElement("span");
        words.dir = "auto";
        words.textContent = each.text;
        row.append(ref, " ", words);
        return row;
      }),
    );
    // A tick vouches for the lines that stood beside it.
    if (list.textContent !== before) tick.checked = false;
    before = list.textContent;
    if (text.value === "") pasted.value = "";
    show(lines.length > 0 || pasted.value === "yes");
  };
}
