// A map with a point: drag it, or move it with the arrow keys (Shift: bigger steps).
function render({ model, el }) {
  const size = 300, edge = 12;
  const box = document.createElement("div");
  box.className = "aeutils-pad";
  const canvas = document.createElement("canvas");
  const dense = window.devicePixelRatio || 1;
  canvas.width = canvas.height = size * dense;
  canvas.style.width = canvas.style.height = size + "px";
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-roledescription", "map with a movable point");
  canvas.setAttribute("aria-label", model.get("label") + ". Arrow keys move the point.");
  const words = document.createElement("div");
  words.className = "aeutils-words";
  words.setAttribute("role", "status");
  box.append(canvas, words);
  el.append(box);

  const pen = canvas.getContext("2d");
  const span = () => model.get("span");
  const toPage = (x, y) => {
    const [x0, x1, y0, y1] = span(), room = size - 2 * edge;
    return [edge + ((x - x0) / (x1 - x0)) * room, size - edge - ((y - y0) / (y1 - y0)) * room];
  };
  const draw = () => {
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.fillStyle = "white";
    pen.fillRect(0, 0, size, size);
    const colours = model.get("colours");
    pen.globalAlpha = 0.55;
    for (const [x, y, kind] of model.get("dots")) {
      const [a, b] = toPage(x, y);
      pen.fillStyle = colours[kind % colours.length];
      pen.beginPath(); pen.arc(a, b, 2.2, 0, 7); pen.fill();
    }
    pen.globalAlpha = 1;
    pen.font = "bold 13px sans-serif"; pen.textAlign = "center"; pen.textBaseline = "middle";
    pen.lineWidth = 4; pen.strokeStyle = "white"; pen.fillStyle = "black";
    for (const [x, y, name] of model.get("names")) {
      const [a, b] = toPage(x, y);
      pen.strokeText(name, a, b); pen.fillText(name, a, b);
    }
    const [x, y] = model.get("at"), [a, b] = toPage(x, y);
    for (const [width, colour] of [[6, "white"], [2.5, "black"]]) {
      pen.lineWidth = width; pen.strokeStyle = colour;
      pen.beginPath(); pen.arc(a, b, 8, 0, 7);
      pen.moveTo(a - 14, b); pen.lineTo(a - 4, b); pen.moveTo(a + 4, b); pen.lineTo(a + 14, b);
      pen.moveTo(a, b - 14); pen.lineTo(a, b - 4); pen.moveTo(a, b + 4); pen.lineTo(a, b + 14);
      pen.stroke();
    }
    words.textContent = `${model.get("label")}. Here: ${x.toFixed(2)}, ${y.toFixed(2)}. Drag the ring, or use the arrow keys.`;
  };
  const move = (x, y) => {
    const [x0, x1, y0, y1] = span();
    model.set("at", [Math.min(x1, Math.max(x0, x)), Math.min(y1, Math.max(y0, y))]);
    model.save_changes();
  };
  const follow = (event) => {
    const frame = canvas.getBoundingClientRect(), [x0, x1, y0, y1] = span();
    const scale = size / frame.width, room = size - 2 * edge;
    move(
      x0 + (((event.clientX - frame.left) * scale - edge) / room) * (x1 - x0),
      y0 + ((size - edge - (event.clientY - frame.top) * scale) / room) * (y1 - y0),
    );
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  });
  canvas.addEventListener("pointermove", (event) => { if (event.buttons & 1) follow(event); });
  canvas.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault(); event.stopPropagation();
    const [x0, x1, y0, y1] = span(), [x, y] = model.get("at"), part = event.shiftKey ? 10 : 50;
    move(x + (step[0] * (x1 - x0)) / part, y + (step[1] * (y1 - y0)) / part);
  });
  model.on("change:at", draw);
  draw();
  return () => model.off("change:at", draw);
}
export default { render };
