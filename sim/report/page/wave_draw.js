// SPDX-License-Identifier: Apache-2.0
// The picture of the network.
const canvas = document.getElementById("graph");
const pen = canvas.getContext("2d");
const spots = names.map(() => ({ x: 0, y: 0 }));
const view = { width: 0, height: 0, radius: 6, chosen: null, hovered: null };
let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "panel", "ink", "soft", "line", "faint", "accent", "good", "warn", "bad", "gold", "goldfill"]) {
    colours[name] = style.getPropertyValue("--" + name).trim();
  }
  const rgb = /^#(..)(..)(..)$/.exec(colours.paper) || [0, "ff", "ff", "ff"];
  colours.dark = parseInt(rgb[1], 16) < 128;
}
// From near to far: amber to violet.
function hopColour(hop) {
  if (hop === 0) return colours.accent;
  const share = hopMost <= 1 ? 0 : Math.min(1, (hop - 1) / (hopMost - 1));
  const hue = 28 + share * 262;
  const light = colours.dark ? 60 : 42 - 6 * Math.sin(share * Math.PI);
  return "hsl(" + hue.toFixed(0) + " " + (colours.dark ? 62 : 72) + "% " + light.toFixed(0) + "%)";
}

// Places on the canvas: one scale both ways, the picture in the middle.
function arrange() {
  const places = data.places;
  const widest = Math.max(1, ...places.map(p => p[0])), highest = Math.max(1, ...places.map(p => p[1]));
  const width = canvas.parentElement.clientWidth;
  const margin = Math.min(34, width * 0.07);
  const room = Math.max(240, Math.min(window.innerHeight * 0.66, 760));
  const most = 170 * Math.sqrt(places.length);  // a handful of peers need no wide screen
  const scale = Math.min((width - 2 * margin) / widest, (room - 2 * margin) / highest, most / Math.max(widest, highest));
  const height = Math.round(Math.max(200, highest * scale + 2 * margin));
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = height + "px";
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  places.forEach(([x, y], i) => {
    spots[i].x = width / 2 + (x - widest / 2) * scale;
    spots[i].y = height / 2 + (y - highest / 2) * scale;
  });
  // As large as leaves room between most neighbours on paper.
  const nearest = spots.map((spot, i) => {
    let best = 1e9;
    spots.forEach((other, j) => { if (j !== i) best = Math.min(best, Math.hypot(spot.x - other.x, spot.y - other.y)); });
    return best;
  }).sort((a, b) => a - b);
  const typical = nearest.length > 1 ? nearest[Math.floor(nearest.length * 0.2)] : 60;
  view.radius = Math.max(3, Math.min(14, typical * 0.36));
  view.width = width;
  view.height = height;
  // Names are written into all circles, or into none where they seldom fit; the long ones cut short.
  view.letters = 0;
  const fits = name => pen.measureText(name).width <= 2 * view.radius - 2;
  for (let size = Math.min(12, view.radius * 1.1); size >= 7 && !view.letters; size -= 0.5) {
    pen.font = size.toFixed(1) + "px system-ui, sans-serif";
    if (names.filter(fits).length >= 0.9 * names.length) view.letters = size;
  }
  view.labels = names.map(name => {
    if (fits(name)) return name;
    let label = [...name].slice(0, 8);
    while (label.length > 0 && !fits(label.join("") + "…")) label.pop();
    return label.join("") + "…";
  });
  // Many links are drawn faintly, so that peers and messages stand out.
  view.links = Math.max(0.3, Math.min(1, 500 / Math.max(1, data.links.length)));
}

const along = (a, b, share) => ({ x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share });
function line(a, b, colour, width, dash) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash || []);
  pen.beginPath();
  pen.moveTo(a.x, a.y);
  pen.lineTo(b.x, b.y);
  pen.stroke();
  pen.setLineDash([]);
}
function cross(at, size, colour) {
  line({ x: at.x - size, y: at.y - size }, { x: at.x + size, y: at.y + size }, colour, 2.2);
  line({ x: at.x - size, y: at.y + size }, { x: at.x + size, y: at.y - size }, colour, 2.2);
}
function star(at, size, fill, stroke) {
  pen.beginPath();
  for (let i = 0; i < 10; i++) {
    const far = i % 2 ? size * 0.45 : size;
    const angle = Math.PI * (i / 5 - 0.5);
    pen.lineTo(at.x + far * Math.cos(angle), at.y + far * Math.sin(angle));
  }
  pen.closePath();
  pen.fillStyle = fill;
  pen.fill();
  pen.strokeStyle = stroke;
  pen.lineWidth = 1.3;
  pen.stroke();
}
// The part of a link between the rims of its two peers.
function rims(a, b) {
  const far = Math.max(1, Math.hypot(b.x - a.x, b.y - a.y));
  const rim = Math.min(0.4, view.radius / far);
  return [along(a, b, rim), along(a, b, 1 - rim)];
}

// How a link looks: colour, width, dashes, strength.
function linkLook(state, a, b, used) {
  const chosen = view.chosen !== null && (a === view.chosen || b === view.chosen);
  const faint = chosen ? 1 : view.links;
  const more = chosen ? 0.8 : 0;
  const thin = data.links.length > 900 ? 0.8 : 1.1;
  if (state.linkDown(a, b)) return [colours.soft, 1 + more, [1.5, 5], 0.55 * faint];
  if (!used) return [chosen ? colours.soft : colours.line, thin + more, [], 1];
  if (used.how === "duplicate") return [colours.warn, thin + more, [5, 4], faint];
  if (used.how === "failed") return [colours.bad, 1.3 + more, [5, 4], Math.max(0.7, faint)];
  return [hopColour(used.hop), (data.links.length > 900 ? 1.3 : 2.2) + more, [], Math.min(1, faint * 1.6)];
}
function drawLinks(state) {
  for (const onTop of [false, true]) {
    data.links.forEach(([a, b], i) => {
      const used = state.used.get(i);
      const tree = used !== undefined && used.how === "tree" && !state.linkDown(a, b);
      if (tree !== onTop) return;
      const [colour, width, dash, strength] = linkLook(state, a, b, used);
      pen.globalAlpha = strength;
      line(spots[a], spots[b], colour, width, dash);
    });
  }
  pen.globalAlpha = 1;
  for (const way of state.stalled) {
    const [a, b] = way.split(">").map(Number);
    if (linkOf(a, b) === undefined) continue;
    const at = along(...rims(spots[a], spots[b]), 0.16);
    const turn = Math.atan2(spots[b].y - spots[a].y, spots[b].x - spots[a].x) + Math.PI / 2;
    const side = { x: 6 * Math.cos(turn), y: 6 * Math.sin(turn) };
    line({ x: at.x - side.x, y: at.y - side.y }, { x: at.x + side.x, y: at.y + side.y }, colours.warn, 3);
  }
}

function drawPeer(state, peer, search) {
  const at = spots[peer], radius = view.radius;
  const origin = search && search.origin === peer;
  const hop = origin ? 0 : state.hop.get(peer);
  const away = state.away(peer);
  const circle = r => { pen.beginPath(); pen.arc(at.x, at.y, r, 0, 2 * Math.PI); };
  circle(radius);
  pen.fillStyle = away ? colours.faint : hop === undefined ? colours.panel : hopColour(hop);
  pen.fill();
  pen.setLineDash(away ? [2, 2] : []);
  pen.strokeStyle = away ? colours.line : hop === undefined ? colours.soft : colours.panel;
  pen.lineWidth = 1.2;
  pen.stroke();
  pen.setLineDash([]);
  if (away) cross(at, radius * 0.5, colours.soft);
  if (origin) {
    circle(radius + 3.5);
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 2.4;
    pen.stroke();
  } else if (state.ends.has(peer) && !away) {
    circle(radius + 2.6);
    pen.setLineDash([2.5, 2.5]);
    pen.strokeStyle = hopColour(hop);
    pen.lineWidth = 1.4;
    pen.stroke();
    pen.setLineDash([]);
  }
  if (state.alarmed.has(peer)) {
    circle(radius + 5);
    pen.strokeStyle = colours.bad;
    pen.lineWidth = 3;
    pen.stroke();
  }
  if (peer === view.chosen || peer === view.hovered) {
    circle(radius + (origin ? 7 : 6));
    pen.strokeStyle = colours.ink;
    pen.lineWidth = peer === view.chosen ? 2 : 1;
    pen.stroke();
  }
  if (!away && view.letters) {
    pen.font = view.letters.toFixed(1) + "px system-ui, sans-serif";
    pen.fillStyle = hop === undefined ? colours.ink : colours.dark ? "#111" : "#fff";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(view.labels[peer], at.x, at.y + 0.5);
  }
  if (search && search.holders.includes(peer)) {
    const size2 = Math.max(5, radius * 0.62);
    const place = { x: at.x + radius * 0.85, y: at.y - radius * 0.85 };
    star(place, size2, state.told.has(peer) ? colours.goldfill : colours.panel, colours.gold);
  }
}

function drawMessage(event, t) {
  const [from, to] = rims(spots[event.from], spots[event.to]);
  const stop = event.cut !== undefined && t >= event.cut;
  const share = (Math.min(t, stop ? event.cut : t) - event.left) / Math.max(1, event.at - event.left);
  const at = along(from, to, share);
  const size = Math.max(2.6, Math.min(5, view.radius * 0.5));
  if (stop) return cross(at, size, colours.bad);
  pen.lineWidth = 1.2;
  pen.strokeStyle = colours.panel;
  if (event.kind === "hit" || (event.kind === "answer_lost" && event.text === "hit")) return star(at, size * 1.7, colours.goldfill, colours.gold);
  pen.beginPath();
  if (kCopies.has(event.kind)) {
    pen.arc(at.x, at.y, size, 0, 2 * Math.PI);
    pen.fillStyle = hopColour(event.hop);
  } else if (event.kind === "cancel" || event.kind === "other") {
    pen.moveTo(at.x, at.y - size);
    pen.lineTo(at.x + size, at.y + size * 0.8);
    pen.lineTo(at.x - size, at.y + size * 0.8);
    pen.closePath();
    pen.fillStyle = event.kind === "cancel" ? colours.bad : colours.good;
  } else {
    pen.rect(at.x - size * 0.75, at.y - size * 0.75, size * 1.5, size * 1.5);
    pen.fillStyle = colours.panel;
    pen.strokeStyle = colours.soft;
    pen.lineWidth = 1.6;
  }
  pen.fill();
  pen.stroke();
}

// Marks of what came to nothing just now.
function drawEnds(t, since) {
  for (let i = wave.at - 1; i >= 0 && events[i].at > since; i--) {
    const event = events[i];
    if (!wave.mine(event) || event.from === null || event.to === null) continue;
    const size = Math.max(3, view.radius * 0.42);
    const [from, to] = rims(spots[event.from], spots[event.to]);
    if (event.kind === "duplicate") cross(along(from, to, 0.93), size, colours.warn);
    if (event.kind === "refused" || event.kind === "rejected") cross(along(from, to, 0.93), size, colours.bad);
    if (event.kind === "given_back") cross(along(from, to, 0.08), size, colours.bad);
    if (event.kind === "lost" || event.kind === "answer_lost") {
      const share = event.cut === undefined ? 0.5 : (event.cut - event.left) / Math.max(1, event.at - event.left);
      cross(along(from, to, share), size, colours.bad);
    }
  }
}

function draw(t) {
  const search = wave.search === null ? null : data.searches[wave.search];
  pen.clearRect(0, 0, view.width, view.height);
  drawLinks(wave);
  for (const event of underWay(t)) if (kAnswers.has(event.kind) && wave.mine(event)) drawMessage(event, t);
  for (const event of underWay(t)) if (kCopies.has(event.kind) && wave.mine(event)) drawMessage(event, t);
  names.forEach((name, peer) => drawPeer(wave, peer, search));
  drawEnds(t, Math.max(-1, t - flash));
}

// How much happens when: copies that were of use, other copies, answers.
let strips = { key: "" };
function stripOf(width) {
  const key = width + "/" + wave.search;
  if (strips.key === key) return strips;
  const bins = Math.max(20, Math.floor(width / 4));
  const counts = Array.from({ length: bins }, () => [0, 0, 0]);
  for (const event of events) {
    if (!wave.mine(event)) continue;
    const bin = counts[Math.min(bins - 1, Math.floor(event.at / Math.max(1, data.until) * bins))];
    if (event.kind === "asked" || event.kind === "deeper" || event.kind === "passes") bin[0]++;
    else if (kCopies.has(event.kind) || event.kind === "given_back") bin[1]++;
    else if (event.kind === "echo" || event.kind === "hit") bin[2]++;
  }
  strips = { key, bins, counts, most: Math.max(1, ...counts.map(bin => bin[0] + bin[1] + bin[2])) };
  return strips;
}
function drawStrip(t) {
  const strip = document.getElementById("strip");
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  const width = strip.clientWidth, height = 34;
  strip.width = Math.round(width * ratio);
  strip.height = Math.round(height * ratio);
  const ink = strip.getContext("2d");
  ink.setTransform(ratio, 0, 0, ratio, 0, 0);
  const { bins, counts, most } = stripOf(width);
  counts.forEach((bin, i) => {
    let base = height;
    [colours.accent, colours.warn, colours.soft].forEach((colour, part) => {
      const size = bin[part] / most * (height - 3);
      ink.fillStyle = colour;
      ink.fillRect(i * width / bins, base - size, width / bins - 1, size);
      base -= size;
    });
  });
  ink.fillStyle = colours.bad;
  for (const event of alarms) {
    if (wave.mine(event)) ink.fillRect(event.at / Math.max(1, data.until) * (width - 2), 0, 2, height);
  }
  ink.fillStyle = colours.ink;
  ink.fillRect(Math.min(width - 1, t / Math.max(1, data.until) * width), 0, 1, height);
}
