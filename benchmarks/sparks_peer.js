// tsParticles on one canvas of 360 x 640 px, driven by `chromium.py`: loaded after the library's own bundle.
const peer = {};

peer.load = async (count, blend) => {
  await loadBasic(tsParticles);
  if (blend) await loadBlendPlugin(tsParticles);
  document.body.style.cssText = "margin:0;background:#000;overflow:hidden";
  const place = document.createElement("div");
  place.id = "peer";
  place.style.cssText = "position:absolute;left:0;top:0;width:360px;height:640px";
  document.body.append(place);
  const container = await tsParticles.load({
    id: "peer",
    options: {
      // `smooth` moves each frame by 1/fpsLimit s however long it takes, and holds none back.
      smooth: true, fpsLimit: 60, zLayers: 1, hdr: false, detectRetina: false,
      fullScreen: { enable: false }, pauseOnBlur: false, pauseOnOutsideViewport: false,
      background: { opacity: 0 }, blend: { enable: blend, mode: "lighter" },
      particles: {
        number: { value: count, density: { enable: false } },
        paint: { fill: { enable: true, color: { value: "#ff8844" }, opacity: 1 } },
        shape: { type: "circle" }, size: { value: 8 }, opacity: { value: 0.02 },
        move: {
          enable: true, speed: { min: 0.5, max: 6 }, direction: "none", straight: false, decay: 0.0017,
          gravity: { enable: true, acceleration: 2, maxSpeed: 50 }, outModes: { default: "bounce" },
        },
      },
    },
  });
  container.pause();
  const render = container.canvas.render;
  const draw = render.drawParticles.bind(render);
  peer.container = container;
  peer.canvas = container.canvas.renderCanvas ?? document.querySelector("#peer canvas");
  peer.context = peer.canvas.getContext("2d");
  peer.drawn = peer.scripted = 0;
  render.drawParticles = (delta) => {
    const began = performance.now();
    draw(delta);
    peer.scripted += performance.now() - began;
    peer.drawn += 1;
  };
};

const next = () => new Promise(requestAnimationFrame);

// So many frames, each to its last pixel: one that is read back cannot be put off, or left out, by the browser.
peer.turn = async (frames) => {
  peer.drawn = peer.scripted = 0;
  const apart = [], read = [];
  let last = performance.now();
  peer.container.play();
  for (let at = 0; at < frames; at++) {
    await next();
    const drawn = performance.now();
    peer.context.getImageData(180, 320, 1, 1);
    const now = performance.now();
    read.push(now - drawn);
    apart.push(now - last);
    last = now;
  }
  peer.container.pause();
  return { drawn: peer.drawn, scripted: peer.scripted, read, apart };
};

peer.state = () => {
  const all = peer.container.particles.filter((one) => !one.destroyed);
  const on = all.filter(({ position: { x, y } }) => x >= 0 && x <= 360 && y >= 0 && y <= 640);
  const gl = document.createElement("canvas").getContext("webgl");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  return {
    version: tsParticles.version, alive: all.length, on_canvas: on.length, radius: all[0]?.getRadius(),
    first: all.slice(0, 9).map(({ position: { x, y } }) => [x, y]),
    width: peer.canvas.width, height: peer.canvas.height, pixel_ratio: devicePixelRatio,
    webgl: gl ? gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER) : null,
  };
};

peer.picture = async () => {
  const { canvas } = peer;
  const blob = await (canvas.convertToBlob?.({ type: "image/png" }) ?? new Promise((then) => canvas.toBlob(then)));
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
};

globalThis.peer = peer;
