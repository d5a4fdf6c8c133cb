"use strict";
// The slice viewer of a report. Everything it shows comes from the JSON beside it; names are only ever set as text.
(() => {
  const get = (name) => document.getElementById(`viewer-${name}`);
  const root = document.getElementById("viewer");
  const store = get("data");
  if (!root || !store || typeof DecompressionStream === "undefined") return;

  const data = JSON.parse(store.textContent);
  const UNMEASURED = 255;
  const ADDED = [213, 94, 0];
  const MISSED = [0, 114, 178];
  const COLORS = data.classes.map((one) => [1, 3, 5].map((at) => parseInt(one.color.slice(at, at + 2), 16)));
  const KEPT = 12; // slices that stay unpacked
  const LARGEST = 4096; // pixels of the picture along a side
  const axisNames = ["z", "y", "x"].filter((name) => data.axes[name]);
  const firstSlice = data.axes[axisNames[0]].slices[0];
  const available = { image: "image" in firstSlice, reference: firstSlice.reference, prediction: true, error: firstSlice.reference };
  const shown = { image: available.image, reference: false, prediction: true, error: false };
  const state = { axis: axisNames[0], place: 0, zoom: 1, mark: null };
  const unpacked = new Map();
  let current = null; // the slice on the screen
  let wanted = 0; // counts requests, so that a slow slice never replaces a later one

  const pane = get("pane");
  const picture = get("picture");
  const pen = picture.getContext("2d");
  const plane = () => data.axes[state.axis]; // where the reader is going
  const face = () => data.axes[current.axis]; // what is on the screen until the next slice is unpacked
  const arrived = () => current !== null && current.axis === state.axis;
  const percent = (share, digits = 2) => `${(100 * share).toFixed(digits)} %`;

  // Unpacking

  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  async function inflate(text) {
    const stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  async function unpack(axis, place) {
    const key = axis + place;
    if (!unpacked.has(key)) {
      const packed = data.axes[axis].slices[place];
      const [rows, columns] = data.axes[axis].shape;
      const bytes = await inflate(packed.labels);
      const prediction = bytes.slice(-rows * columns);
      const reference = packed.reference ? bytes.slice(0, rows * columns) : null;
      if (reference) for (let i = 0; i < prediction.length; i++) prediction[i] ^= reference[i];
      const image = packed.image ? await createImageBitmap(new Blob([bytesOf(packed.image.split(",")[1])])) : null;
      unpacked.set(key, { axis, packed, prediction, reference, image });
      if (unpacked.size > KEPT) unpacked.delete(unpacked.keys().next().value);
    }
    return unpacked.get(key);
  }

  // Drawing

  // Patterns tell classes and errors apart without colour: full, stripes, dots, the other stripes, a grid.
  function inPattern(number, x, y) {
    if (number === 0) return true;
    if (number === 1) return (x + y) % 8 < 4;
    if (number === 2) return x % 6 < 3 && y % 6 < 3;
    if (number === 3) return (x - y + 1e6) % 8 < 4;
    return x % 7 < 2 || y % 7 < 2;
  }
  const patternOf = (label) => (label > data.background ? label - 1 : label) % 5;

  function fill(pixels, at, label, x, y) {
    const color = COLORS[label];
    if (!color || label === data.background) return;
    pixels.set(color, at);
    pixels[at + 3] = inPattern(patternOf(label), x, y) ? 175 : 80;
  }

  function mistake(pixels, at, predicted, x, y) {
    const missed = predicted === data.background;
    const mesh = missed ? inPattern(2, x, y) : inPattern(1, x, y);
    pixels.set(mesh ? (missed ? MISSED : ADDED) : [255, 255, 255], at);
    pixels[at + 3] = 235;
  }

  function layers(slice, width, height) {
    const [rows, columns] = face().shape;
    const unit = Math.max(1, Math.round(window.devicePixelRatio || 1));
    const rowOf = Uint32Array.from({ length: height }, (_, y) => Math.floor((y * rows) / height) * columns);
    const columnOf = Uint32Array.from({ length: width }, (_, x) => Math.floor((x * columns) / width));
    const { prediction, reference } = slice;
    const fills = shown.prediction ? prediction : shown.reference ? reference : null;
    const outlined = shown.prediction && shown.reference ? reference : null;
    const sheet = new ImageData(width, height);
    const pixels = sheet.data;
    for (let y = 0, at = 0; y < height; y++) {
      const above = rowOf[Math.max(0, y - unit)];
      const py = Math.floor(y / unit);
      for (let x = 0; x < width; x++, at += 4) {
        const voxel = rowOf[y] + columnOf[x];
        const px = Math.floor(x / unit);
        if (fills) fill(pixels, at, fills[voxel], px, py);
        if (shown.error && reference[voxel] !== UNMEASURED && prediction[voxel] !== reference[voxel]) {
          mistake(pixels, at, prediction[voxel], px, py);
        }
        if (outlined) {
          const own = outlined[voxel];
          const left = columnOf[Math.max(0, x - unit)];
          if (own !== outlined[rowOf[y] + left] || own !== outlined[above + columnOf[x]]) {
            const bright = (px + py) % 8 < 4 ? 255 : 0;
            pixels.set([bright, bright, bright, 255], at);
          }
        }
      }
    }
    return sheet;
  }

  function roundLength(length) {
    const power = 10 ** Math.floor(Math.log10(length) + 1e-9);
    return power * [5, 2, 1].find((factor) => factor * power <= length * (1 + 1e-9));
  }

  function quantity(length) {
    const metric = ["nm", "um", "mm", "m"];
    let unit = data.unit;
    while (length >= 1000 && metric.indexOf(unit) >= 0 && unit !== "m") {
      length /= 1000;
      unit = metric[metric.indexOf(unit) + 1];
    }
    return `${Number(length.toPrecision(6))} ${unit === "um" ? "µm" : unit}`;
  }

  function scaleBar(width, height, dpr) {
    const extent = face().shape[1] * face().size[1];
    const length = roundLength(extent / 5);
    const bar = (length / extent) * width;
    pen.font = `${13 * dpr}px system-ui, sans-serif`;
    const text = quantity(length);
    const box = Math.max(bar, pen.measureText(text).width) + 14 * dpr;
    if (box > width || height < 60 * dpr) return;
    const right = width - 8 * dpr;
    const bottom = height - 8 * dpr;
    pen.fillStyle = "#000000";
    pen.fillRect(right - box, bottom - 32 * dpr, box, 32 * dpr);
    pen.fillStyle = "#ffffff";
    pen.fillRect(right - 7 * dpr - bar, bottom - 9 * dpr, bar, 4 * dpr);
    pen.textAlign = "right";
    pen.textBaseline = "top";
    pen.fillText(text, right - 7 * dpr, bottom - 29 * dpr);
  }

  function drawMark(width, height, dpr) {
    if (!state.mark || !arrived()) return;
    const [rows, columns] = face().shape;
    const x = ((state.mark[1] + 0.5) * width) / columns;
    const y = ((state.mark[0] + 0.5) * height) / rows;
    for (const [color, thick] of [["#000000", 5], ["#ffffff", 2]]) {
      pen.strokeStyle = color;
      pen.lineWidth = thick * dpr;
      pen.beginPath();
      pen.arc(x, y, Math.max(9 * dpr, width / columns), 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  function draw() {
    if (!current) return;
    const { shape, size } = face();
    const dpr = window.devicePixelRatio || 1;
    const aspect = (shape[0] * size[0]) / (shape[1] * size[1]);
    const room = Math.max(120, pane.clientWidth);
    const fitted = Math.min(room, Math.max(240, 0.8 * window.innerHeight) / aspect);
    const cssWidth = Math.min(fitted * state.zoom, LARGEST / dpr / Math.max(1, aspect));
    const width = Math.max(1, Math.round(cssWidth * dpr));
    const height = Math.max(1, Math.round(cssWidth * aspect * dpr));
    picture.width = width;
    picture.height = height;
    picture.style.width = `${cssWidth}px`;
    picture.style.height = `${cssWidth * aspect}px`;
    pane.classList.toggle("whole", state.zoom === 1);
    pen.imageSmoothingEnabled = false;
    pen.fillStyle = "#e1e1e1";
    pen.fillRect(0, 0, width, height);
    if (shown.image && current.image) pen.drawImage(current.image, 0, 0, width, height);
    if (shown.reference || shown.prediction || shown.error) {
      const sheet = document.createElement("canvas");
      sheet.width = width;
      sheet.height = height;
      sheet.getContext("2d").putImageData(layers(current, width, height), 0, 0);
      pen.drawImage(sheet, 0, 0);
    }
    scaleBar(width, height, dpr);
    drawMark(width, height, dpr);
  }

  // Words

  const className = (label) => (label === UNMEASURED ? "not measured" : data.classes[label].name);

  function describe() {
    const { packed } = current;
    const parts = [`${current.axis} = ${packed.index}`];
    if (packed.why.length) parts[0] += `: ${packed.why.join(", ")}`;
    if (packed.wrong !== null) parts.push(`${percent(packed.wrong)} of the voxels wrong`);
    parts.push(`predicted ${packed.shares.map((share, k) => `${data.classes[k].name} ${percent(share)}`).join(", ")}`);
    const on = Object.keys(shown).filter((name) => shown[name]);
    get("status").textContent = `${parts.join("; ")}.`;
    picture.setAttribute("aria-label", `Slice ${current.axis} = ${packed.index}, shown: ${on.join(", ") || "nothing"}`);
    get("where").textContent = `${current.axis} = ${packed.index}`;
    get("place").setAttribute("aria-valuetext", `${current.axis} = ${packed.index}, ${state.place + 1} of ${face().slices.length}`);
  }

  // Read aloud where the mark is, not all that the pointer passes over.
  function tellVoxel([row, column], aloud = true) {
    const { start, step, rows, columns, shape } = face();
    const voxel = row * shape[1] + column;
    const where = { [current.axis]: current.packed.index, [rows]: start[0] + row * step, [columns]: start[1] + column * step };
    const parts = [["z", "y", "x"].map((name) => `${name} = ${where[name]}`).join(", ")];
    const predicted = current.prediction[voxel];
    if (current.reference) {
      const truth = current.reference[voxel];
      parts.push(`reference ${className(truth)}`);
      if (truth === UNMEASURED) parts.push("not measured");
      else if (truth === predicted) parts.push("right");
      else parts.push(predicted === data.background ? "wrong: missed" : "wrong: added");
    }
    parts.splice(1, 0, `prediction ${className(predicted)}`);
    get("voxel").setAttribute("aria-live", aloud ? "polite" : "off");
    get("voxel").textContent = parts.join("; ");
  }

  function voxelAt(event) {
    const frame = picture.getBoundingClientRect();
    const [rows, columns] = face().shape;
    const row = Math.floor(((event.clientY - frame.top) / frame.height) * rows);
    const column = Math.floor(((event.clientX - frame.left) / frame.width) * columns);
    return row >= 0 && column >= 0 && row < rows && column < columns ? [row, column] : null;
  }

  // What the reader does

  async function show() {
    const request = ++wanted;
    const place = get("place");
    place.max = plane().slices.length - 1;
    place.value = state.place;
    get("axis").value = state.axis;
    const slice = await unpack(state.axis, state.place);
    if (request !== wanted) return;
    current = slice;
    draw();
    describe();
    if (state.mark) tellMark();
  }

  function tellMark() {
    tellVoxel(state.mark);
    const [rows, columns] = plane().shape;
    pane.scrollTop = ((state.mark[0] + 0.5) / rows) * pane.scrollHeight - pane.clientHeight / 2;
    pane.scrollLeft = ((state.mark[1] + 0.5) / columns) * pane.scrollWidth - pane.clientWidth / 2;
  }

  function go(place) {
    const last = plane().slices.length - 1;
    const target = Math.min(last, Math.max(0, place));
    if (target === state.place) return false;
    state.place = target;
    show();
    return true;
  }

  function turn(axis) {
    if (!data.axes[axis] || axis === state.axis) return;
    state.axis = axis;
    state.place = Math.floor(plane().slices.length / 2);
    state.mark = null;
    show();
  }

  function find(axis, index) {
    return data.axes[axis] ? data.axes[axis].slices.findIndex((one) => one.index === index) : -1;
  }

  function jump(axis, index, row, column) {
    state.axis = axis;
    state.place = find(axis, index);
    const { start, step, shape } = plane();
    state.mark = Number.isNaN(row) ? null : [row - start[0], column - start[1]].map((at, k) => Math.min(shape[k] - 1, Math.floor(at / step)));
    show();
  }

  function toggle(name) {
    if (!available[name]) return;
    shown[name] = !shown[name];
    root.querySelector(`[data-layer="${name}"]`).setAttribute("aria-pressed", String(shown[name]));
    if (!current) return;
    draw();
    describe();
  }

  function zoom(factor) {
    const before = state.zoom;
    state.zoom = Math.min(8, Math.max(1, state.zoom * factor));
    const [x, y] = [pane.scrollLeft + pane.clientWidth / 2, pane.scrollTop + pane.clientHeight / 2];
    draw();
    pane.scrollLeft = (x * state.zoom) / before - pane.clientWidth / 2;
    pane.scrollTop = (y * state.zoom) / before - pane.clientHeight / 2;
    get("zoom").textContent = `${state.zoom}×`;
    get("smaller").disabled = state.zoom === 1;
    get("larger").disabled = state.zoom === 8;
  }

  function moveMark(rows, columns) {
    if (!arrived()) return;
    const { shape } = face();
    const from = state.mark || [Math.floor(shape[0] / 2), Math.floor(shape[1] / 2)];
    state.mark = [from[0] + rows, from[1] + columns].map((at, k) => Math.min(shape[k] - 1, Math.max(0, at)));
    draw();
    tellMark();
  }

  const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !current) return;
    if (["SELECT", "INPUT", "SUMMARY"].includes(event.target.tagName)) return;
    const layer = Object.keys(shown)[Number(event.key) - 1];
    if (event.shiftKey && ARROWS[event.key]) moveMark(...ARROWS[event.key]);
    else if (event.key === "ArrowRight" || event.key === "ArrowUp" || event.key === "PageUp") go(state.place + 1);
    else if (event.key === "ArrowLeft" || event.key === "ArrowDown" || event.key === "PageDown") go(state.place - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(Infinity);
    else if (layer) toggle(layer);
    else if (event.key in data.axes) turn(event.key);
    else if (event.key === "+" || event.key === "=") zoom(2);
    else if (event.key === "-") zoom(0.5);
    else return;
    event.preventDefault();
  }

  function listen() {
    root.addEventListener("keydown", press);
    get("previous").addEventListener("click", () => go(state.place - 1));
    get("next").addEventListener("click", () => go(state.place + 1));
    get("place").addEventListener("input", (event) => go(Number(event.target.value)));
    get("axis").addEventListener("change", (event) => turn(event.target.value));
    get("smaller").addEventListener("click", () => zoom(0.5));
    get("larger").addEventListener("click", () => zoom(2));
    get("jump").addEventListener("change", (event) => {
      const [axis, index] = event.target.value.split(" ");
      if (axis) jump(axis, Number(index), NaN, NaN);
      event.target.value = "";
    });
    for (const button of root.querySelectorAll("[data-layer]")) {
      button.hidden = !available[button.dataset.layer];
      button.setAttribute("aria-pressed", String(shown[button.dataset.layer]));
      button.addEventListener("click", () => toggle(button.dataset.layer));
    }
    // The page scrolls as ever until somebody clicks into the picture, and again at the first and last slice.
    pane.addEventListener("wheel", (event) => {
      if (document.activeElement !== pane || event.ctrlKey || state.zoom > 1) return;
      if (go(state.place + Math.sign(event.deltaY))) event.preventDefault();
    }, { passive: false });
    let down = null;
    picture.addEventListener("pointerdown", (event) => { down = event; });
    picture.addEventListener("pointerup", (event) => {
      if (!down || !arrived()) return;
      const [dx, dy] = [event.clientX - down.clientX, event.clientY - down.clientY];
      down = null;
      if (event.pointerType === "touch" && state.zoom === 1 && Math.abs(dx) > 40 && Math.abs(dx) > 2 * Math.abs(dy)) {
        go(state.place - Math.sign(dx));
      } else if (Math.hypot(dx, dy) < 8) {
        state.mark = voxelAt(event);
        draw();
        if (state.mark) tellVoxel(state.mark);
      }
    });
    picture.addEventListener("pointermove", (event) => {
      const voxel = arrived() && voxelAt(event);
      if (voxel) tellVoxel(voxel, false);
    });
    picture.addEventListener("pointerleave", () => { if (arrived() && state.mark) tellVoxel(state.mark, false); });
    new ResizeObserver(draw).observe(pane);
    // Elsewhere on the page: buttons that lead to a slice, or to a voxel in it.
    for (const button of document.querySelectorAll("button[data-slice]")) {
      const [axis, index, row, column] = button.dataset.slice.split(" ");
      if (find(axis, Number(index)) < 0) continue;
      button.hidden = false;
      button.addEventListener("click", () => {
        jump(axis, Number(index), Number(row ?? NaN), Number(column ?? NaN));
        root.scrollIntoView({ block: "start" });
        pane.focus({ preventScroll: true });
      });
    }
  }

  function option(select, value, text) {
    const one = document.createElement("option");
    one.value = value;
    one.textContent = text;
    select.append(one);
  }

  function sample(text, paint) {
    const item = document.createElement("li");
    const swatch = document.createElement("canvas");
    swatch.width = 26;
    swatch.height = 18;
    const sheet = new ImageData(26, 18);
    for (let y = 0, at = 0; y < 18; y++) for (let x = 0; x < 26; x++, at += 4) paint(sheet.data, at, x, y);
    swatch.getContext("2d").putImageData(sheet, 0, 0);
    item.append(swatch, text);
    get("legend").append(item);
  }

  function furnish() {
    for (const name of axisNames) {
      option(get("axis"), name, name);
      for (const one of data.axes[name].slices) {
        for (const why of one.why) option(get("jump"), `${name} ${one.index}`, `${name} = ${one.index}: ${why}`);
      }
    }
    get("jump").parentElement.hidden = get("jump").options.length < 2;
    data.classes.forEach((one, label) => {
      if (label === data.background) return;
      sample(one.name, (pixels, at, x, y) => fill(pixels, at, label, x, y));
    });
    if (available.error) {
      sample("added by the prediction", (pixels, at, x, y) => mistake(pixels, at, -1, x, y));
      sample("missed", (pixels, at, x, y) => mistake(pixels, at, data.background, x, y));
    }
  }

  furnish();
  listen();
  root.hidden = false;
  get("absent").hidden = true;
  state.place = Math.floor(plane().slices.length / 2);
  zoom(1);
  show();
})();
