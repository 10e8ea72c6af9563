"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);
const KINDS = { "compiled": "compiled", "disk cache": "disk", "memory": "memory", "ahead": "ahead", "module": "module" };
const NAMES = {
  "compiled": "compiled for a call", "disk cache": "from the disk cache", "memory": "from memory",
  "ahead": "compiled ahead, not called", "cold": "never compiled",
};

// What became of each function.
data.functions.forEach((f, number) => {
  f.number = number;
  f.callers = [];
  f.use = f.uses[0];
  f.kind = f.use ? f.use.from : f.ahead ? "ahead" : "cold";
});
data.functions.forEach(f => f.calls.forEach(callee => data.functions[callee].callers.push(f.number)));
const color = kind => `var(--${KINDS[kind] || "cold"})`;
const ms = value => value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toFixed(3);
const source = f => {
  const module = data.modules[f.module];
  return module.source.split("/").pop() || module.id.slice(0, 8);
};

function element(parent, name, attributes = {}, text) {
  const space = parent instanceof SVGElement ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
  const made = document.createElementNS(space, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  parent.appendChild(made);
  return made;
}

const tip = $("tip");
function explain(target, text) {
  target.addEventListener("pointermove", event => {
    tip.textContent = typeof text === "function" ? text() : text;
    tip.hidden = false;
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)) + "px";
    tip.style.top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8) + "px";
  });
  target.addEventListener("pointerleave", () => { tip.hidden = true; });
}

// The last two parts of a name, without arguments and parameters.
function short(name) {
  let plain = name.replace(/\boperator(<<|>>|<=>|<=|>=|->|<|>|\(\))/, "operator ").replace(/\(anonymous namespace\)/g, "");
  for (let before = ""; before !== plain;) [before, plain] = [plain, plain.replace(/<[^<>]*>/g, "")];
  const parts = plain.replace(/\(.*$/, "").trim().split(/ (?!$)/).pop().split("::");
  const found = /\boperator\b/.test(name) ? plain.replace(/\(.*$/, "").split("::").slice(-2).join("::") : parts.slice(-2).join("::");
  return found.length > 21 ? found.slice(0, 9) + "\u2026" + found.slice(-11) : found || name.slice(0, 21);
}

function words(f) {
  const lines = [f.name, `${source(f)}, ${f.size} instructions, calls ${f.calls.length}, called by ${f.callers.length}`];
  for (const use of f.uses.slice(0, 5)) {
    const along = use.with ? ` with ${use.with}` : "";
    const time = use.time ? `, ${ms(use.time)} ms` : "";
    lines.push(`${use.why}${along}, ${use.from}, at ${ms(use.at)} ms${time}, ${use.bytes} bytes` +
      (data.processes.length > 1 ? `, process ${use.pid}` : ""));
  }
  if (f.ahead) lines.push(`compiled ahead at ${ms(f.ahead[0])} ms, ${ms(f.ahead[1])} ms`);
  if (f.kind === "cold") lines.push("never compiled");
  return lines.join("\n");
}

// Numbers.
const used = data.functions.filter(f => f.use);
const sum = (list, value) => list.reduce((total, item) => total + value(item), 0);
const uses = data.functions.flatMap(f => f.uses);
const called = uses.filter(use => use.why === "called");
for (const [label, value] of [
  ["functions", data.functions.length],
  ["in the program", used.length],
  ["never compiled", data.functions.filter(f => f.kind === "cold").length],
  ["called first time", called.length],
  ["compiled for a call", called.filter(use => use.from === "compiled").length],
  ["came along", uses.length - called.length],
  ["compiled ahead", data.functions.filter(f => f.ahead).length],
  ["the program waited", ms(sum(called, use => use.time)) + " ms"],
  ["modules opened", `${data.modules.filter(m => !m.is_closed).length} of ${data.modules.length}`],
  ["code", (sum(uses, use => use.bytes) / 1024).toFixed(1) + " KiB"],
]) {
  const box = element($("numbers"), "div");
  element(box, "b", {}, value);
  element(box, "span", {}, label);
}
$("program").textContent = data.processes.map(p => `${p.executable.split("/").pop()} (${p.pid})`).join(", ");
for (const kind of ["compiled", "disk cache", "memory", "ahead", "cold"]) {
  const entry = element($("legend"), "span");
  element(entry, "i", { style: kind === "cold" ? "border:1px dashed var(--cold)" : `background:${color(kind)}` });
  entry.append(NAMES[kind]);
}

// A drawing that can be moved and zoomed. `apply` is told the visible part.
function movable(svg, view, apply) {
  let dragged = null;
  svg.addEventListener("wheel", event => {
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    const factor = Math.exp(Math.max(-200, Math.min(200, event.deltaY)) / 400);
    view.zoom(factor, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    apply();
  }, { passive: false });
  svg.addEventListener("pointerdown", event => { dragged = event; svg.setPointerCapture(event.pointerId); });
  svg.addEventListener("pointermove", event => {
    if (!dragged) return;
    const box = svg.getBoundingClientRect();
    view.move((dragged.clientX - event.clientX) / box.width, (dragged.clientY - event.clientY) / box.height);
    dragged = event;
    apply();
  });
  svg.addEventListener("pointerup", () => { dragged = null; });
  svg.addEventListener("dblclick", () => { view.reset(); apply(); });
}

// Call graph: columns by distance from where calls begin.
const MOST = 700;
const graph = $("graph");
const frame = {
  x: 0, y: 0, w: 1, h: 1, all: null,
  reset() { [this.x, this.y, this.w, this.h] = this.all; },
  zoom(factor, x, y) {
    this.x += this.w * (1 - factor) * x; this.y += this.h * (1 - factor) * y;
    this.w *= factor; this.h *= factor;
  },
  move(x, y) { this.x += x * this.w; this.y += y * this.h; },
};
const showFrame = () => graph.setAttribute("viewBox", `${frame.x} ${frame.y} ${frame.w} ${frame.h}`);
movable(graph, frame, showFrame);

function search(starts, next, limit, most, allowed) {
  const depth = new Map();
  let layer = starts.filter(allowed);
  layer.forEach(n => depth.set(n, 0));
  for (let d = 1; layer.length && d <= limit; d++) {
    const found = [];
    for (const n of layer) for (const m of next(n)) {
      if (depth.has(m) || !allowed(m) || depth.size >= most) continue;
      depth.set(m, d);
      found.push(m);
    }
    layer = found;
  }
  return depth;
}

function chosen() {
  const withCold = $("cold").checked;
  const allowed = n => withCold || data.functions[n].kind !== "cold";
  const calls = n => data.functions[n].calls;
  const focus = data.functions.find(f => f.name === $("focus").value);
  if (focus) {
    const limit = Number($("distance").value) || 3;
    const down = search([focus.number], calls, limit, MOST, () => true);
    const up = search([focus.number], n => data.functions[n].callers, limit, MOST, () => true);
    const depth = new Map(down);
    for (const [n, d] of up) if (d > 0 && !depth.has(n)) depth.set(n, -d);
    for (const n of depth.keys()) if (n !== focus.number && !allowed(n)) depth.delete(n);
    return depth;
  }
  // From main and from what nobody calls; compiled functions first, should there be too many.
  const heat = n => data.functions[n].kind === "cold" ? 1 : 0;
  const all = data.functions.map(f => f.number);
  const main = all.filter(n => data.functions[n].name === "main");
  const roots = main.concat(all.filter(n => !main.includes(n) && (data.functions[n].callers.length === 0 ||
    (data.functions[n].use && data.functions[n].callers.every(c => !data.functions[c].use)))).sort((a, b) => heat(a) - heat(b)));
  if (all.filter(allowed).length <= MOST) {
    const depth = search(roots, calls, 1e9, 1e9, allowed);
    // Cycles that nothing leads to.
    for (const n of all) if (!depth.has(n) && allowed(n))
      for (const [m, d] of search([n], calls, 1e9, 1e9, m => allowed(m) && !depth.has(m))) depth.set(m, d);
    return depth;
  }
  const warm = search(roots, calls, 1e9, MOST, n => allowed(n) && !heat(n));
  const edge = [...warm.keys()].flatMap(n => withCold ? calls(n).map(m => [m, warm.get(n) + 1]) : []);
  for (const [m, d] of edge) if (!warm.has(m) && warm.size < MOST) warm.set(m, d);
  return warm;
}

function drawGraph() {
  const depth = chosen();
  const columns = new Map();
  for (const [n, d] of depth) {
    if (!columns.has(d)) columns.set(d, []);
    columns.get(d).push(n);
  }
  const ordered = [...columns.keys()].sort((a, b) => a - b);
  const place = new Map();
  const W = 190, H = 22;
  // Each function near its neighbours in the columns beside: a few sweeps.
  for (const d of ordered) columns.get(d).forEach((n, i) => place.set(n, i));
  const centre = (n, side) => {
    const near = side(data.functions[n]).filter(m => depth.has(m) && m !== n);
    return near.length ? near.reduce((total, m) => total + place.get(m) / columns.get(depth.get(m)).length, 0) / near.length : 0.5;
  };
  for (let sweep = 0; sweep < 6; sweep++) {
    const side = sweep % 2 ? f => f.calls : f => f.callers;
    for (const d of sweep % 2 ? [...ordered].reverse() : ordered) {
      const column = columns.get(d);
      const at = new Map(column.map(n => [n, centre(n, side)]));
      column.sort((a, b) => at.get(a) - at.get(b) || a - b);
      column.forEach((n, i) => place.set(n, i));
    }
  }
  // A tall column is folded.
  const FOLD = 40;
  const position = new Map();
  let x = 0, height = 0;
  for (const d of ordered) {
    const column = columns.get(d);
    const folds = Math.ceil(column.length / FOLD);
    const rows = Math.ceil(column.length / folds);
    height = Math.max(height, rows * H);
    column.forEach((n, i) => position.set(n, [x + Math.floor(i / rows) * (W - 30), i % rows, rows]));
    x += folds * (W - 30) + 60;
  }
  for (const [n, [at, row, rows]] of position) position.set(n, [at, row * H + (height - rows * H) / 2]);

  graph.replaceChildren();
  const lines = element(graph, "g");
  const edges = [];
  for (const n of depth.keys()) for (const m of data.functions[n].calls) {
    if (!depth.has(m) || m === n) continue;
    const [ax, ay] = position.get(n), [bx, by] = position.get(m);
    const from = [ax + 140, ay + 9], to = [bx, by + 9], bend = Math.max(30, Math.abs(to[0] - from[0]) / 2);
    const path = element(lines, "path", { d: `M${from} C${from[0] + bend},${from[1]} ${to[0] - bend},${to[1]} ${to}` });
    edges.push([n, m, path]);
  }
  const nodes = new Map();
  for (const n of depth.keys()) {
    const f = data.functions[n];
    const [left, top] = position.get(n);
    const node = element(graph, "g", { class: f.kind === "cold" ? "node cold" : "node", transform: `translate(${left},${top})` });
    element(node, "rect", { width: 140, height: 18, rx: 4, fill: f.kind === "cold" ? "none" : color(f.kind) });
    element(node, "text", { x: 6, y: 13 }, short(f.name));
    explain(node, () => words(f));
    node.addEventListener("dblclick", event => { event.stopPropagation(); $("focus").value = f.name; drawGraph(); });
    node.addEventListener("pointerenter", () => {
      const near = new Set([n, ...f.calls, ...f.callers]);
      for (const [m, other] of nodes) other.classList.toggle("dim", !near.has(m));
      for (const [a, b, path] of edges) path.classList.toggle("lit", a === n || b === n);
    });
    node.addEventListener("pointerleave", () => {
      for (const other of nodes.values()) other.classList.remove("dim");
      for (const [, , path] of edges) path.classList.remove("lit");
    });
    nodes.set(n, node);
  }
  const width = Math.max(x - 60, 200);
  graph.style.height = `${Math.max(160, Math.min(560, height * 1.1 + 40))}px`;
  // Large enough to be read at first.
  const box = graph.getBoundingClientRect();
  const ratio = (box.height || 560) / (box.width || 1200);
  const w = Math.max(Math.min(width + 20, 2200), (Math.min(height, 1100) + 20) / ratio);
  frame.all = [-10, Math.min(-10, (height - w * ratio) / 2), w, w * ratio];
  frame.reset();
  showFrame();
  $("graph-note").textContent = `${depth.size} of ${data.functions.length} functions` +
    (depth.size < data.functions.length ? "; double click on one: around it" : "");
}
const names = document.createDocumentFragment();
for (const f of data.functions.slice(0, 5000)) element(names, "option", { value: f.name });
$("names").append(names);
for (const id of ["focus", "distance", "cold"]) $(id).addEventListener("change", drawGraph);
drawGraph();

// Time line.
const time = $("time");
const LEFT = 150, ROW = 26;
const end = Math.max(0.001, ...data.spans.map(span => span.at + span.time), ...uses.map(use => use.at));
const range = {
  from: 0, to: end,
  reset() { this.from = 0; this.to = end * 1.02; },
  zoom(factor, x) {
    const at = this.from + (this.to - this.from) * Math.max(0, (x * time.clientWidth - LEFT) / (time.clientWidth - LEFT));
    this.from = at - (at - this.from) * factor;
    this.to = at + (this.to - at) * factor;
  },
  move(x) { const d = x * (this.to - this.from) * time.clientWidth / (time.clientWidth - LEFT); this.from += d; this.to += d; },
};
range.reset();
function drawTime() {
  const width = time.clientWidth || 1200, height = data.rows.length * ROW + 28;
  time.style.height = height + "px";
  time.setAttribute("viewBox", `0 0 ${width} ${height}`);
  time.replaceChildren();
  const scale = (width - LEFT) / (range.to - range.from);
  const X = at => LEFT + (at - range.from) * scale;
  const step = [1, 2, 5].map(n => n * 10 ** Math.floor(Math.log10((range.to - range.from) / 8)))
    .concat(10 ** Math.ceil(Math.log10((range.to - range.from) / 8))).find(s => s * scale >= 70) || range.to;
  for (let at = Math.ceil(range.from / step) * step; at <= range.to; at += step) {
    element(time, "line", { x1: X(at), x2: X(at), y1: 0, y2: height - 20 });
    element(time, "text", { x: X(at) + 2, y: height - 6 }, `${Number(at.toPrecision(6))} ms`);
  }
  data.rows.forEach((name, row) => element(time, "text", { x: 6, y: row * ROW + 21 }, name));
  for (const span of data.spans) {
    if (span.at + span.time < range.from || span.at > range.to) continue;
    const left = Math.max(LEFT, X(span.at)), right = Math.min(width, X(span.at + span.time));
    const bar = element(time, "rect", {
      x: left, width: Math.max(1, right - left), y: span.row * ROW + 8, height: ROW - 8, rx: 2, class: KINDS[span.kind] || "module",
    });
    explain(bar, `${span.name}\n${span.kind}, ${span.text ? span.text + ", " : ""}at ${ms(span.at)} ms, ${ms(span.time)} ms`);
    if (right - left > 60) {
      element(time, "text", { x: left + 4, y: span.row * ROW + 21, style: "fill:#fff" },
        span.name.replace(/\(.*$/, "").slice(0, Math.floor((right - left) / 7)));
    }
  }
  $("time-note").textContent = `${ms(range.to - range.from)} ms`;
}
movable(time, range, drawTime);
addEventListener("resize", drawTime);
drawTime();

// Table.
const ROWS = 2000;
const columns = [
  ["function", f => f.name], ["file", source],
  ["why", f => f.use ? f.use.why : f.ahead ? "speculated" : "never"],
  ["from", f => f.use ? f.use.from : f.ahead ? "compiled" : ""],
  ["at, ms", f => f.use ? f.use.at : f.ahead ? f.ahead[0] : null],
  ["time, ms", f => f.use ? f.use.time : f.ahead ? f.ahead[1] : null],
  ["compile", f => f.use && f.use.compile ? f.use.compile : f.ahead ? f.ahead[1] : null],
  ["link", f => f.use && f.use.link ? f.use.link : null],
  ["bytes", f => f.use ? f.use.bytes : null], ["instructions", f => f.size],
  ["calls", f => f.calls.length], ["callers", f => f.callers.length],
];
const isNumber = column => column >= 4;
let order = { column: 4, down: false };
function drawTable() {
  const wanted = $("filter").value.toLowerCase();
  const value = columns[order.column][1];
  const keyed = data.functions
    .filter(f => !wanted || f.name.toLowerCase().includes(wanted) || source(f).toLowerCase().includes(wanted))
    .map(f => [value(f), f]);
  keyed.sort(([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null);
    const less = isNumber(order.column) ? a - b : String(a).localeCompare(String(b));
    return order.down ? -less : less;
  });
  const body = document.createElement("tbody");
  for (const [, f] of keyed.slice(0, ROWS)) {
    const row = element(body, "tr", f.kind === "cold" ? { class: "cold" } : {});
    columns.forEach(([name, get], column) => {
      const found = get(f);
      const shown = found === null ? "" : isNumber(column) && name !== "bytes" && !Number.isInteger(found) ? ms(found) : found;
      const cell = element(row, "td", isNumber(column) ? { class: "number" } : column === 0 ? { class: "name" } : {}, column === 0 ? "" : shown);
      if (column === 0) {
        element(cell, "i", { style: `background:${color(f.kind)}` });
        cell.append(shown);
        explain(cell, () => words(f));
      }
    });
  }
  $("table").tBodies[0].replaceWith(body);
  [...$("table").tHead.rows[0].cells].forEach((cell, column) => {
    cell.className = (isNumber(column) ? "number " : "") + (column === order.column ? order.down ? "down" : "up" : "");
  });
  $("table-note").textContent = `${keyed.length} functions` + (keyed.length > ROWS ? `, the first ${ROWS} are shown` : "");
}
const head = element($("table").tHead, "tr");
columns.forEach(([name], column) => {
  element(head, "th", {}, name).addEventListener("click", () => {
    order = { column, down: order.column === column ? !order.down : isNumber(column) && column > 4 };
    drawTable();
  });
});
$("filter").addEventListener("input", drawTable);
drawTable();
