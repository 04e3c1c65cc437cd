// The bench's camera, in a worker of its own: pictures as a camera gives them (planes of brightness
// and colour), with something that moves and a clock that a program can read.

const RATE = 30;

/** A picture in planes, of many discs: as much to encode as a person before a bookshelf. */
function texture(width, height) {
  let seed = 1;
  const chance = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const planes = [new Uint8Array(width * height).fill(120), new Uint8Array((width * height) / 4).fill(128), new Uint8Array((width * height) / 4).fill(128)];
  for (let n = 0; n < 900; n += 1) {
    const at = [chance() * width, chance() * height, 2 + chance() * 14];
    const colour = [60 + chance() * 120, 80 + chance() * 96, 80 + chance() * 96];
    planes.forEach((plane, which) => {
      const [x, y, r] = which === 0 ? at : at.map((each) => each / 2);
      const row = which === 0 ? width : width / 2;
      for (let line = Math.max(0, Math.ceil(y - r)); line < Math.min(plane.length / row, y + r); line += 1) {
        const half = Math.sqrt(r * r - (line - y) ** 2);
        plane.fill(colour[which], line * row + Math.max(0, Math.round(x - half)), line * row + Math.min(row, Math.round(x + half)));
      }
    });
  }
  return planes;
}

/** 32 fields: black and white of a clock in ms, modulo 2^24, between two marks and a check of six. */
function clock(luma, width, value) {
  const check = (value ^ (value >> 6) ^ (value >> 12) ^ (value >> 18)) & 63;
  const bits = [1, 0];
  for (let at = 23; at >= 0; at -= 1) bits.push((value >> at) & 1);
  for (let at = 5; at >= 0; at -= 1) bits.push((check >> at) & 1);
  const field = width / 32;
  bits.forEach((bit, at) => luma.fill(bit ? 235 : 16, at * field, (at + 1) * field));
  for (let line = 1; line < Math.max(24, width / 26); line += 1) luma.copyWithin(line * width, 0, width);
}

const copies = [];

onmessage = ({ data: { width, height, pictures, also, rate } }) => {
  if (also) {
    copies.push({ writer: also.getWriter(), each: Math.round(RATE / rate) });
    return;
  }
  const writer = pictures.getWriter();
  const still = texture(width, height);
  const [wide, high] = [width / 2, height / 2];
  const moving = texture(wide, high);
  const whole = new Uint8Array((width * height * 3) / 2);
  const sizes = [width * height, (width * height) / 4, (width * height) / 4];
  const planes = sizes.map((size, which) => whole.subarray(which === 0 ? 0 : sizes[0] + (which - 1) * size, (which === 0 ? 0 : sizes[0] + (which - 1) * size) + size));
  let due = performance.now();
  let drawn = 0;
  const draw = () => {
    drawn += 1;
    const x = 2 * Math.round((width * (0.25 + 0.12 * Math.sin(drawn / 23))) / 2);
    const y = 2 * Math.round((height * (0.25 + 0.1 * Math.cos(drawn / 17))) / 2);
    planes.forEach((plane, which) => {
      const by = which === 0 ? 1 : 2;
      plane.set(still[which]);
      for (let line = 0; line < high / by; line += 1) {
        plane.set(moving[which].subarray((line * wide) / by, ((line + 1) * wide) / by), ((y / by + line) * width + x) / by);
      }
    });
    const now = performance.timeOrigin + performance.now();
    clock(planes[0], width, Math.floor(now) & 0xffffff);
    const picture = new VideoFrame(whole, { format: "I420", codedWidth: width, codedHeight: height, timestamp: Math.round(1000 * now), colorSpace: { primaries: "smpte170m", transfer: "smpte170m", matrix: "smpte170m", fullRange: false } });
    for (const copy of copies) {
      if (drawn % copy.each) continue;
      const again = picture.clone();
      copy.writer.write(again).catch(() => again.close());
    }
    writer.write(picture).catch(() => picture.close());
    due = Math.max(due + 1000 / RATE, performance.now() - 100);
    setTimeout(draw, Math.max(0, due - performance.now()));
  };
  draw();
};
