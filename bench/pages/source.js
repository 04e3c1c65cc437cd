// Runs in a page before its own script, put there by the bench. It stands where camera and
// microphone stand: pictures of Chromium's fake camera with a clock in them that a program can read,
// and a tone of 60 ms each 1.5 s. What the page plays is listened to. The page itself is untouched.

(() => {
  const BEEP_S = 1.5;
  const bench = { beeped: [], heard: [], size: { width: 640, height: 360 } };
  globalThis.bench = bench;
  const now = () => performance.timeOrigin + performance.now();

  // 32 fields: black and white of a clock in ms, modulo 2^24, between two marks and a check of six.
  function clock(paper, width) {
    const value = Math.floor(now()) & 0xffffff;
    const check = (value ^ (value >> 6) ^ (value >> 12) ^ (value >> 18)) & 63;
    const field = width / 32;
    const bits = [1, 0];
    for (let at = 23; at >= 0; at -= 1) bits.push((value >> at) & 1);
    for (let at = 5; at >= 0; at -= 1) bits.push((check >> at) & 1);
    bits.forEach((bit, at) => {
      paper.fillStyle = bit ? "#fff" : "#000";
      paper.fillRect(at * field, 0, Math.ceil(field), Math.max(24, width / 26));
    });
  }

  // What moves: circles of many colours, as much to encode as a person before a bookshelf.
  function texture(width, height) {
    const canvas = new OffscreenCanvas(width, height);
    const paper = canvas.getContext("2d");
    let seed = 1;
    const chance = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    for (let n = 0; n < 900; n += 1) {
      paper.fillStyle = `hsl(${chance() * 360} 60% ${30 + chance() * 40}%)`;
      paper.beginPath();
      paper.arc(chance() * width, chance() * height, 2 + chance() * 14, 0, 7);
      paper.fill();
    }
    return canvas;
  }

  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);

  async function pictures() {
    const { width, height } = bench.size;
    const video = document.createElement("video");
    video.muted = true;
    video.srcObject = await get({ video: { width: 640, height: 360, frameRate: 30 } });
    await video.play();
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const paper = canvas.getContext("2d", { alpha: false });
    const moving = texture(width / 2, height / 2);
    const stream = canvas.captureStream(30);
    let due = performance.now();
    let drawn = 0;
    const draw = () => {
      drawn += 1;
      paper.drawImage(video, 0, 0, width, height);
      paper.drawImage(moving, width * (0.3 + 0.12 * Math.sin(drawn / 23)), height * (0.3 + 0.1 * Math.cos(drawn / 17)));
      clock(paper, width);
      due = Math.max(due + 1000 / 30, performance.now() - 100);
      setTimeout(draw, Math.max(0, due - performance.now()));
    };
    draw();
    return stream.getVideoTracks();
  }

  // The page's own sound device: beeper and listener stand beside its nodes.
  const Context = globalThis.AudioContext;
  const connect = AudioNode.prototype.connect;
  const listeners = new WeakMap();
  const module = URL.createObjectURL(new Blob([globalThis.benchSound], { type: "text/javascript" }));
  globalThis.AudioContext = class extends Context {
    constructor(...how) {
      super(...how);
      bench.context = this;
      listeners.set(this, this.audioWorklet.addModule(module).then(() => {
        const listener = new AudioWorkletNode(this, "bench-listener", { numberOfInputs: 1, outputChannelCount: [1] });
        listener.port.onmessage = (event) => bench.heard.push(event.data);
        connect.call(connect.call(listener, new GainNode(this, { gain: 0 })), this.destination);
        return listener;
      }));
    }
  };
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) listeners.get(this.context)?.then((listener) => connect.call(this, listener));
    return connect.call(this, to, ...rest);
  };

  async function sound() {
    const context = bench.context;
    await listeners.get(context);
    const beeper = new AudioWorkletNode(context, "bench-beeper", { numberOfInputs: 0, outputChannelCount: [1], processorOptions: { each_s: BEEP_S } });
    beeper.port.onmessage = (event) => bench.beeped.push(event.data);
    const to = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    connect.call(beeper, to);
    return to.stream.getAudioTracks();
  }

  navigator.mediaDevices.getUserMedia = async (asked) =>
    new MediaStream([...(asked.video ? await pictures() : []), ...(asked.audio ? await sound() : [])]);
})();
