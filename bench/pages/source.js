// Runs in a page before its own script, put there by the bench. It stands where camera and
// microphone stand: pictures with a clock in them that a program can read (frames.js), and a tone of
// 60 ms each 1.5 s. What the page plays is listened to. The page itself is untouched.

(() => {
  const BEEP_S = 1.5;
  const bench = { beeped: [], heard: [] };
  globalThis.bench = bench;

  function pictures() {
    const track = new MediaStreamTrackGenerator({ kind: "video" });
    const module = URL.createObjectURL(new Blob([globalThis.benchFrames], { type: "text/javascript" }));
    bench.camera = new Worker(module);
    bench.camera.postMessage({ ...globalThis.benchSize, pictures: track.writable }, [track.writable]);
    // A camera gives fewer pictures by a copy of its track where it is asked to; a generator cannot.
    track.clone = () => {
      const copy = new MediaStreamTrackGenerator({ kind: "video" });
      copy.applyConstraints = async ({ frameRate }) => bench.camera.postMessage({ also: copy.writable, rate: frameRate.max }, [copy.writable]);
      return copy;
    };
    return [track];
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
    new MediaStream([...(asked.video ? pictures() : []), ...(asked.audio ? await sound() : [])]);
})();
