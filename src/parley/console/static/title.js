// The name of the tab: what waits stands before the mark of the line, and that the tab is deaf behind it, so that a row of
// narrow tabs shows which of them to turn to.

let base = document.title;
const words = { waits: "", deaf: "", chosen: "" };

function show() {
  const [ofLine, ...rest] = base.split(" · ");
  const mark = words.chosen || ofLine;
  const waits = words.waits && `◆ ${words.waits}`; // with its own mark, which may be another than that of the page
  const told = waits.endsWith(` ${mark}`) ? "" : mark;
  document.title = [waits, told, words.deaf, ...rest].filter(Boolean).join(" · ");
}

/** What the page calls itself. @param {string} title */
export function retitle(title) {
  base = title;
  show();
}

/** What waits, that the tab is deaf, or the mark that is chosen while one writes. @param {"waits" | "deaf" | "chosen"} which @param {string} word */
export function mark(which, word) {
  words[which] = word;
  show();
}
