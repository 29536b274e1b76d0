// The front page's autoencoder: a digit drawn becomes two numbers, two numbers become a digit.
// The weights are those of `python -m course.book front`; this file only multiplies and draws.
"use strict";

const MODEL = JSON.parse(document.getElementById("two-numbers").textContent);
const SIDE = 28;

// --- the network --------------------------------------------------------------------------------

function weights(layer) {
  const bytes = Uint8Array.from(atob(layer.weight), (c) => c.charCodeAt(0));
  return { ...layer, weight: new Int8Array(bytes.buffer) };
}

function apply(layers, input) {
  let x = input;
  layers.forEach((layer, index) => {
    const [outputs, inputs] = layer.shape;
    const y = new Float32Array(outputs);
    for (let i = 0; i < outputs; i++) {
      let sum = 0;
      for (let j = 0; j < inputs; j++) sum += layer.weight[i * inputs + j] * x[j];
      const value = sum * layer.scale[i] + layer.bias[i];
      y[i] = index + 1 < layers.length ? value * sigmoid(value) : value; // SiLU between the layers
    }
    x = y;
  });
  return x;
}

const sigmoid = (v) => 1 / (1 + Math.exp(-v));
const encoder = MODEL.encoder.map(weights);
const decoder = MODEL.decoder.map(weights);

function encode(image) {
  const pooled = new Float32Array(196);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      pooled[(row >> 1) * 14 + (column >> 1)] += image[row * SIDE + column] / 4;
    }
  }
  return Array.from(apply(encoder, pooled), (v) => sigmoid(1.702 * v));
}

function decode(code) {
  return apply(decoder, code.map((v) => 4 * v - 2)).map(sigmoid);
}

function closestDigit(code) {
  const distances = MODEL.middle.map(([a, b]) => Math.hypot(a - code[0], b - code[1]));
  return distances.indexOf(Math.min(...distances));
}

// --- pictures -----------------------------------------------------------------------------------

// From the ground of the panels over blue to white, as on the cards.
const STOPS = [[16, 28, 46], [47, 127, 184], [168, 220, 255], [255, 255, 255]];

function colour(v) {
  const place = Math.min(Math.max(v, 0), 0.999) * 3;
  const below = Math.floor(place);
  return STOPS[below].map((c, i) => c + (STOPS[below + 1][i] - c) * (place - below));
}

const PALETTE = Array.from({ length: 256 }, (_, v) => [...colour(v / 255), 255]);
const small = document.createElement("canvas");
small.width = small.height = SIDE;
const pixels = small.getContext("2d").createImageData(SIDE, SIDE);

function paint(context, image, left, top, size) {
  for (let i = 0; i < image.length; i++) pixels.data.set(PALETTE[Math.round(255 * image[i])], 4 * i);
  small.getContext("2d").putImageData(pixels, 0, 0);
  context.drawImage(small, left, top, size, size);
}

const map = document.getElementById("map");
const board = document.getElementById("board");
const rebuilt = document.getElementById("rebuilt");
const sliders = [document.getElementById("first"), document.getElementById("second")];
const words = document.getElementById("code-words");
const state = { code: [0.5, 0.5], drawing: new Float32Array(SIDE * SIDE) };

// What the decoder draws at places of the square is the ground of the map. It never changes, and is
// drawn a row at a time, so that a slow phone answers in between.
const ACROSS = 18;
const ground = document.createElement("canvas");
ground.width = ground.height = map.width;
ground.getContext("2d").fillStyle = "#101c2e";
ground.getContext("2d").fillRect(0, 0, map.width, map.width);

function drawGround(row) {
  for (let column = 0; column < ACROSS; column++) {
    const size = map.width / ACROSS;
    const image = decode([(column + 0.5) / ACROSS, (row + 0.5) / ACROSS]);
    paint(ground.getContext("2d"), image.map((v) => 0.62 * v), column * size, row * size, size);
  }
  showCode();
  if (row + 1 < ACROSS) setTimeout(drawGround, 0, row + 1);
}

function showCode() {
  const context = map.getContext("2d");
  context.drawImage(ground, 0, 0);
  const [x, y] = state.code.map((v) => v * map.width);
  context.strokeStyle = "#ffb454";
  context.lineWidth = 1.5;
  context.globalAlpha = 0.55;
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, map.width);
  context.moveTo(0, y);
  context.lineTo(map.width, y);
  context.stroke();
  context.globalAlpha = 1;
  context.fillStyle = "#ffb454";
  context.strokeStyle = "#101c2e";
  context.lineWidth = 4;
  context.beginPath();
  context.arc(x, y, 13, 0, 2 * Math.PI);
  context.stroke();
  context.fill();
  paint(rebuilt.getContext("2d"), decode(state.code), 0, 0, rebuilt.width);
  sliders.forEach((slider, i) => (slider.value = state.code[i]));
  words.textContent = state.code.map((v) => v.toFixed(2)).join(", ");
  const digit = closestDigit(state.code);
  rebuilt.setAttribute("aria-label", `What the decoder draws: nearest to the ${digit}s of the map`);
}

function moveTo(code) {
  state.code = code.map((v) => Math.min(Math.max(v, 0), 1));
  showCode();
}

// --- the map and the sliders --------------------------------------------------------------------

function follow(canvas, started, moved) {
  canvas.addEventListener("pointerdown", (event) => {
    stop();
    canvas.setPointerCapture(event.pointerId);
    started(place(canvas, event));
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons) moved(place(canvas, event));
  });
}

function place(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

follow(map, moveTo, moveTo);
sliders.forEach((slider, i) => {
  slider.addEventListener("input", () => {
    stop();
    moveTo(state.code.map((v, j) => (j === i ? Number(slider.value) : v)));
  });
});

// --- the drawing board --------------------------------------------------------------------------

let last = null;

function stroke(from, to) {
  const steps = Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) * SIDE * 3) + 1;
  for (let step = 0; step <= steps; step++) {
    const x = (from[0] + ((to[0] - from[0]) * step) / steps) * SIDE - 0.5;
    const y = (from[1] + ((to[1] - from[1]) * step) / steps) * SIDE - 0.5;
    for (let row = Math.floor(y) - 2; row <= y + 2; row++) {
      for (let column = Math.floor(x) - 2; column <= x + 2; column++) {
        if (row < 0 || row >= SIDE || column < 0 || column >= SIDE) continue;
        const ink = Math.min(1, Math.max(0, 1.9 - Math.hypot(row - y, column - x)));
        const at = row * SIDE + column;
        state.drawing[at] = Math.max(state.drawing[at], ink);
      }
    }
  }
}

// The digits that the network knows fill a box of 20 pixels, with the centre of mass in the middle.
function normalised(image) {
  const inked = [...image.keys()].filter((i) => image[i] > 0.1);
  const rows = inked.map((i) => Math.floor(i / SIDE));
  const columns = inked.map((i) => i % SIDE);
  const size = Math.max(...rows, ...columns.map((c) => c + Math.min(...rows) - Math.min(...columns)))
    - Math.min(...rows) + 1;
  const scale = Math.max(size, 6) / 20;
  const total = inked.reduce((sum, i) => sum + image[i], 0);
  const centre = [rows, columns].map(
    (places) => inked.reduce((sum, i, k) => sum + image[i] * places[k], 0) / total,
  );
  const at = (row, column) =>
    row < 0 || column < 0 || row >= SIDE || column >= SIDE ? 0 : image[row * SIDE + column];
  return Float32Array.from(image, (_, i) => {
    const y = (Math.floor(i / SIDE) - 13.5) * scale + centre[0];
    const x = ((i % SIDE) - 13.5) * scale + centre[1];
    const [row, column] = [Math.floor(y), Math.floor(x)];
    const [down, right] = [y - row, x - column];
    return (1 - down) * ((1 - right) * at(row, column) + right * at(row, column + 1))
      + down * ((1 - right) * at(row + 1, column) + right * at(row + 1, column + 1));
  });
}

function showDrawing() {
  const context = board.getContext("2d");
  paint(context, state.drawing, 0, 0, board.width);
  const empty = !state.drawing.some((v) => v > 0.1);
  document.getElementById("draw-here").hidden = !empty;
  if (!empty) moveTo(encode(normalised(state.drawing)));
}

follow(
  board,
  (start) => {
    stroke(start, start);
    last = start;
    showDrawing();
  },
  (next) => {
    stroke(last || next, next);
    last = next;
    showDrawing();
  },
);

document.getElementById("wipe").addEventListener("click", () => {
  state.drawing.fill(0);
  showDrawing();
});

// --- by itself, until somebody touches it -------------------------------------------------------

const button = document.getElementById("play");
let running = null;

function stop() {
  if (running !== null) cancelAnimationFrame(running);
  running = null;
  button.textContent = "Let it wander";
}

function wander() {
  const begun = performance.now();
  const step = (now) => {
    const t = (now - begun) / 1000;
    const aim = [0.5 + 0.42 * Math.sin(0.31 * t), 0.5 + 0.42 * Math.sin(0.47 * t + 0.8)];
    moveTo(state.code.map((v, i) => v + 0.03 * (aim[i] - v))); // no jump from where it was
    running = requestAnimationFrame(step);
  };
  running = requestAnimationFrame(step);
  button.textContent = "Hold still";
}

button.addEventListener("click", () => (running === null ? wander() : stop()));
moveTo(MODEL.middle[2]);
showDrawing();
setTimeout(drawGround, 0, 0);
if (!matchMedia("(prefers-reduced-motion: reduce)").matches) wander();
