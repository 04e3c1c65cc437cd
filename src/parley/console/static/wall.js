// The wall fits its screen, whatever comes to stand on it: its letters are as large as the room lets them be.

const LEAST = 0.5; // of the full size, which `parts.css` says: below that nobody reads it from afar, and it scrolls
const STEPS = 7; // halvings: less than a hundredth of the size is not seen
const GROWS = 1.04; // a digit that comes and goes does not move all letters
const HANGS = matchMedia("(min-width: 100rem) and (min-height: 56.25rem)"); // on a desk and in a hand it scrolls

const page = document.documentElement;

/** @param {number} size */
function setTo(size) {
  page.style.setProperty("--fit", size.toFixed(3));
  return page.scrollHeight <= innerHeight;
}

/** The largest size at which all of it is seen. */
function largest() {
  if (!HANGS.matches || setTo(1)) return 1;
  let [fits, over] = [LEAST, 1];
  for (let step = 0; step < STEPS; step += 1) {
    const middle = (fits + over) / 2;
    if (setTo(middle)) fits = middle;
    else over = middle;
  }
  return fits;
}

/** Keep the wall within its screen from now on. */
export function startWall() {
  const wall = document.querySelector(".wall");
  if (!wall) return;
  let size = 1;
  const fit = () => {
    const found = largest();
    if (found === 1 || found < size || found > size * GROWS) size = found;
    setTo(size);
  };
  fit();
  const grown = new ResizeObserver(fit);
  for (const part of document.querySelectorAll(".head, .bar, main")) grown.observe(part);
  grown.observe(wall);
  addEventListener("resize", fit);
}
