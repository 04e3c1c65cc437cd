// What pictures are shown on. Where no graphics card helps, making the colours of a frame and laying
// them down takes a quarter of the time that drawing the frame does.

export class Paper {
  /** @param {OffscreenCanvas} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.paper = canvas.getContext("2d", { alpha: false });
    this.converts = true;
    /** @type {ImageData | null} */
    this.image = null;
  }

  /** @param {VideoFrame} picture */
  async draw(picture) {
    const { displayWidth: width, displayHeight: height } = picture;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.image = null;
    }
    if (this.converts) {
      try {
        this.image ??= new ImageData(width, height);
        await picture.copyTo(this.image.data, /** @type {any} */ ({ format: "RGBX", colorSpace: "srgb" }));
        this.paper?.putImageData(this.image, 0, 0);
        return;
      } catch {
        this.converts = false; // a browser that makes no colours of a frame
      }
    }
    this.paper?.drawImage(picture, 0, 0);
  }
}
