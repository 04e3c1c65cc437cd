// What a person sees of themselves in a call, as wide as a hand: as large and as often as that needs. Where no graphics card helps,
// the whole picture, laid down there thirty times a second, costs nearly as much as the picture of the other.

const WIDE = 320;
const RATE = 15;

export class Mirror {
  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video; // held here, for a session that falls asleep takes the page's content away
    /** @type {MediaStreamTrack | null} */
    this.copy = null; // as long as it lives, the camera is on
  }

  /** @param {MediaStreamTrack} track of the camera; where a browser takes what is sent from what is shown, that is all of it */
  async show(track) {
    this.dark();
    const copy = "MediaStreamTrackProcessor" in globalThis ? track.clone() : null;
    this.copy = copy;
    const { width = 16, height = 9 } = track.getSettings(); // all of what is sent is seen
    const seen = { width: { ideal: WIDE }, height: { ideal: Math.round((WIDE * height) / width) }, frameRate: { ideal: RATE, max: RATE } };
    await copy?.applyConstraints(seen).catch(() => undefined); // it stays as large as it is
    if (this.copy !== copy || track.readyState !== "live") return; // it was turned off meanwhile
    this.video.srcObject = new MediaStream([copy ?? track]);
    await this.video.play().catch(() => undefined);
  }

  dark() {
    this.copy?.stop();
    this.copy = null;
    this.video.srcObject = null;
  }
}
