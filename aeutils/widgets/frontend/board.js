// A square of pixels: draw with the pointer; or arrow keys, space to ink, Delete to clear.
function render({ model, el }) {
  const side = model.get("side"), size = 280, cell = size / side;
  const box = document.createElement("div");
  box.className = "aeutils-pad";
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  canvas.style.width = canvas.style.height = size + "px";
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-roledescription", "drawing board");
  const how = "Draw with the pointer, or with the arrow keys and the space bar. Delete clears.";
  canvas.setAttribute("aria-label", `${model.get("label")}. ${how}`);
  const clear = document.createElement("button");
  clear.type = "button";
  clear.textContent = "Clear";
  const words = document.createElement("div");
  words.className = "aeutils-words";
  words.textContent = `${model.get("label")}. ${how}`;
  box.append(canvas, clear, words);
  el.append(box);

  const pen = canvas.getContext("2d");
  let pixels = new Float32Array(side * side), cursor = null, waiting = null;
  let unsent = false, own = false;
  const read = () => {
    const bytes = atob(model.get("ink"));
    pixels = Float32Array.from({ length: side * side }, (_, i) => (bytes.charCodeAt(i) || 0) / 255);
  };
  const draw = () => {
    for (let i = 0; i < side * side; i++) {
      const shade = Math.round(255 * (1 - pixels[i]));
      pen.fillStyle = `rgb(${shade},${shade},${shade})`;
      pen.fillRect((i % side) * cell, Math.floor(i / side) * cell, cell, cell);
    }
    if (cursor) {
      pen.lineWidth = 2; pen.strokeStyle = "#d55e00";
      pen.strokeRect(cursor[0] * cell + 1, cursor[1] * cell + 1, cell - 2, cell - 2);
    }
  };
  // The first stroke goes out at once, what follows every 30 milliseconds.
  const send = () => {
    unsent = false;
    own = true;
    model.set("ink", btoa(String.fromCharCode(...pixels.map((p) => Math.round(255 * p)))));
    model.save_changes();
    own = false;
    waiting = setTimeout(() => { waiting = null; if (unsent) send(); }, 30);
  };
  const changed = () => {
    draw();
    unsent = true;
    if (waiting === null) send();
  };
  const ink = (x, y) => {
    // A soft pen about two pixels wide, as in the scanned digits.
    for (let r = Math.floor(y) - 2; r <= y + 2; r++)
      for (let c = Math.floor(x) - 2; c <= x + 2; c++) {
        if (r < 0 || c < 0 || r >= side || c >= side) continue;
        const far = Math.hypot(c + 0.5 - x, r + 0.5 - y);
        const i = r * side + c;
        pixels[i] = Math.max(pixels[i], Math.min(1, Math.max(0, 1.75 - far)));
      }
  };
  const place = (event) => {
    const frame = canvas.getBoundingClientRect(), scale = side / frame.width;
    return [(event.clientX - frame.left) * scale, (event.clientY - frame.top) * scale];
  };
  let last = null;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    cursor = null;
    last = place(event);
    ink(...last); changed();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!(event.buttons & 1) || !last) return;
    const now = place(event), steps = Math.ceil(Math.hypot(now[0] - last[0], now[1] - last[1]) * 2);
    for (let s = 1; s <= steps; s++)
      ink(last[0] + ((now[0] - last[0]) * s) / steps, last[1] + ((now[1] - last[1]) * s) / steps);
    last = now; changed();
  });
  canvas.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    if (!step && event.key !== " " && event.key !== "Delete") return;
    event.preventDefault(); event.stopPropagation();
    cursor = cursor || [Math.floor(side / 2), Math.floor(side / 2)];
    if (event.key === "Delete") pixels.fill(0);
    if (step) cursor = [0, 1].map((i) => Math.min(side - 1, Math.max(0, cursor[i] + step[i])));
    if (event.key === " ") ink(cursor[0] + 0.5, cursor[1] + 0.5);
    changed();
  });
  clear.addEventListener("click", () => { pixels.fill(0); changed(); });
  read(); draw();
  const again = () => { if (!own) { read(); draw(); } };
  model.on("change:ink", again);
  return () => model.off("change:ink", again);
}
export default { render };
