// SPDX-License-Identifier: Apache-2.0
// The page: texts, controls, playing.
const byId = id => document.getElementById(id);
const wave = new State();
let now = 0;
let playing = false;
// Marks of a moment last so long, in virtual time.
const flash = Math.max(1, data.until / 60);

function add(parent, tag, text, attributes) {
  const element = document.createElement(tag);
  if (text !== undefined && text !== null) element.textContent = text;
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  parent.appendChild(element);
  return element;
}
function table(parent, rows) {
  const body = add(add(add(parent, "div", null, { class: "scroll" }), "table"), "tbody");
  for (const [name, value] of rows) {
    const row = add(body, "tr");
    add(row, "th", name, { scope: "row" });
    if (value instanceof Node) add(row, "td").appendChild(value);
    else add(row, "td", value);
  }
}

// ---- moments ------------------------------------------------------------------------------------
let moments = [];  // at which something happens in the chosen search
let quiet = [];    // [from, to] in which nothing is under way
function findMoments() {
  const mine = events.filter(event => wave.mine(event));
  moments = [...new Set([0, ...mine.map(event => event.at), data.until])].sort((a, b) => a - b);
  const busy = mine.filter(event => event.kind !== "note").map(event => moves(event) ? [event.left, event.at] : [event.at, event.at]);
  busy.sort((a, b) => a[0] - b[0]);
  quiet = [];
  let until = 0;
  for (const [from, to] of busy) {
    if (from > until) quiet.push([until, from]);
    until = Math.max(until, to);
  }
  if (data.until > until) quiet.push([until, data.until]);
}
const busyTime = () => Math.max(1, data.until - quiet.reduce((sum, [from, to]) => sum + to - from, 0));

// ---- the list of what happens -------------------------------------------------------------------
const kListed = 60;
function concerns(event, peer) { return event.from === peer || event.to === peer || event.about === peer; }
let listed = null;
function list() {
  const stamp = wave.at + "/" + wave.search + "/" + view.chosen + "/" + (moments.includes(now) ? now : "");
  if (stamp === listed) return;
  listed = stamp;
  const shown = [];
  for (let i = wave.at - 1; i >= 0 && (shown.length < kListed || events[i].at === now); i--) {
    const event = events[i];
    if (!wave.mine(event)) continue;
    if (view.chosen !== null && !concerns(event, view.chosen)) continue;
    // A peer that goes takes its links with it.
    if (event.kind === "link_down" && events.some((other, j) => Math.abs(i - j) < 64 && other.kind === "peer_down" && other.at === event.at && (other.to === event.from || other.to === event.to))) continue;
    shown.push(event);
  }
  const parent = byId("events");
  parent.textContent = "";
  if (shown.length === 0) {
    add(add(parent, "li"), "span", "");
    add(parent.lastChild, "span", wave.at === 0 && view.chosen === null ? "Nothing yet. Press play, or the right arrow." : "Nothing so far.");
  }
  for (const event of shown) {
    const tone = kTones[event.kind] || (event.kind === "asked" && holds(event, event.to) ? "good" : "");
    const item = add(parent, "li", null, { class: (event.at === now ? "now " : "") + tone });
    add(item, "time", timeText(event.at));
    add(item, "span", words(event));
  }
  parent.scrollTop = 0;
}

function tiles() {
  const counts = wave.counts;
  const parent = byId("tiles");
  parent.textContent = "";
  const tile = (number, text) => {
    const span = add(parent, "span");
    add(span, "b", number);
    span.append(" " + text);
  };
  add(parent, "span", "at " + timeText(now), { class: "on-paper" });
  tile(counts.asked + " of " + (names.length - 1), "peers asked");
  tile(counts.copies, counts.copies === 1 ? "copy" : "copies");
  tile(counts.duplicates, counts.duplicates === 1 ? "duplicate" : "duplicates");
  tile(counts.failed, "failed");
  tile(counts.echoes, counts.echoes === 1 ? "echo" : "echoes");
  tile(counts.hits, counts.hits === 1 ? "hit shown" : "hits shown");
  if (wave.finished) tile("", "the search has ended");
}

function show(t) {
  now = Math.max(0, Math.min(data.until, t));
  wave.goto(now);
  draw(now);
  drawStrip(now);
  tiles();
  list();
  byId("scrub").value = String(Math.round(now / Math.max(1, data.until) * 100000));
  byId("scrub").setAttribute("aria-valuetext", timeText(now));
  byId("time").textContent = timeText(now) + " of " + timeText(data.until);
}

// ---- playing ------------------------------------------------------------------------------------
let lastFrame = 0;
function frame(stamp) {
  if (!playing) return;
  const passed = Math.min(100, stamp - lastFrame);
  lastFrame = stamp;
  // At speed 1 what happens takes some fifteen seconds in all.
  let t = now + passed / 15000 * busyTime() * Number(byId("speed").value);
  for (const [from, to] of quiet) {
    const rest = busyTime() / 40;
    if (t > from + rest && t < to - rest) t = to - rest;
  }
  show(t);
  if (now >= data.until) return play(false);
  requestAnimationFrame(frame);
}
function play(on) {
  if (on && now >= data.until) show(0);
  playing = on;
  byId("icon").setAttribute("d", on ? "M3 2h4v12H3zM9 2h4v12H9z" : "M3 1.5v13L14 8z");
  byId("play").setAttribute("aria-label", on ? "Pause" : "Play");
  if (on) requestAnimationFrame(stamp => { lastFrame = stamp; frame(stamp); });
}
function go(t) { play(false); show(t); }
const onward1 = () => go(moments.find(moment => moment > now) ?? data.until);
const back1 = () => go(moments.findLast(moment => moment < now) ?? 0);

byId("play").onclick = () => play(!playing);
byId("first").onclick = () => go(0);
byId("last").onclick = () => go(data.until);
byId("next").onclick = onward1;
byId("back").onclick = back1;
byId("scrub").oninput = () => go(Number(byId("scrub").value) / 100000 * data.until);
document.addEventListener("keydown", key => {
  if (key.ctrlKey || key.altKey || key.metaKey) return;
  const tag = key.target.tagName;
  if (tag === "SELECT" || (tag === "BUTTON" && (key.key === " " || key.key === "Enter"))) return;
  const speeds = byId("speed");
  const actions = {
    " ": () => play(!playing), ArrowRight: onward1, ArrowLeft: back1, Home: () => go(0), End: () => go(data.until),
    "+": () => { speeds.selectedIndex = Math.min(speeds.length - 1, speeds.selectedIndex + 1); },
    "-": () => { speeds.selectedIndex = Math.max(0, speeds.selectedIndex - 1); },
    Escape: () => choose(null),
  };
  if (!actions[key.key]) return;
  key.preventDefault();
  actions[key.key]();
});

// ---- one peer -----------------------------------------------------------------------------------
function choose(peer) {
  view.chosen = peer;
  byId("peer").value = peer === null ? "" : String(peer);
  show(now);
}
byId("peer").onchange = () => choose(byId("peer").value === "" ? null : Number(byId("peer").value));
function peerAt(event) {
  const box = canvas.getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  let best = null, bestFar = view.radius + 6;
  spots.forEach((spot, peer) => {
    const far = Math.hypot(spot.x - x, spot.y - y);
    if (far < bestFar) { best = peer; bestFar = far; }
  });
  return best;
}
function storyOf(peer) {
  const search = wave.search === null ? null : data.searches[wave.search];
  const parts = ["peer " + names[peer], plural(neighbours[peer].length, "link")];
  if (search && search.origin === peer) parts.push("searches");
  else if (wave.hop.has(peer)) parts.push("asked at hop " + wave.hop.get(peer));
  if (search && search.holders.includes(peer)) parts.push("holds the file");
  if (wave.away(peer)) parts.push("away");
  if (wave.ends.has(peer)) parts.push("the TTL ended here");
  return parts.join(", ");
}
canvas.addEventListener("mousemove", event => {
  const peer = peerAt(event);
  const tip = byId("tip");
  tip.hidden = peer === null;
  canvas.style.cursor = peer === null ? "default" : "pointer";
  if (peer !== null) {
    tip.textContent = storyOf(peer);
    tip.style.left = Math.max(4, Math.min(spots[peer].x + 14, view.width - tip.offsetWidth - 4)) + "px";
    tip.style.top = Math.max(4, spots[peer].y - tip.offsetHeight - 12) + "px";
  }
  if (peer !== view.hovered) { view.hovered = peer; draw(now); }
});
canvas.addEventListener("mouseleave", () => { byId("tip").hidden = true; view.hovered = null; draw(now); });
canvas.addEventListener("click", event => choose(peerAt(event)));

// ---- what stands still --------------------------------------------------------------------------
function legend() {
  const parent = byId("legend");
  parent.textContent = "";
  const sign = (drawing, text) => {
    const span = add(parent, "span");
    span.insertAdjacentHTML("afterbegin", '<svg viewBox="0 0 22 16" aria-hidden="true">' + drawing + "</svg>");  // fixed drawings only
    span.append(text);
  };
  const c = colours;
  const hops = add(parent, "span");
  hops.append("asked at hop ");
  const row = add(hops, "span", null, { class: "hops" });
  const step = Math.max(1, Math.ceil(hopMost / 12));
  for (let hop = 1; hop <= hopMost; hop += step) {
    add(row, "i", hop).style.cssText = "background:" + hopColour(hop) + (c.dark ? ";color:#111" : "");
  }
  sign('<circle cx="11" cy="8" r="4" fill="' + c.accent + '"/><circle cx="11" cy="8" r="6.5" fill="none" stroke="' + c.accent + '" stroke-width="2"/>', "who searches");
  const star = fill => '<path d="M11 1.5l1.9 4.4 4.8.4-3.6 3.1 1.1 4.7-4.2-2.5-4.2 2.5 1.1-4.7L4.3 6.3l4.8-.4z" fill="' + fill + '" stroke="' + c.gold + '"/>';
  sign(star(c.panel), "holds it");
  sign(star(c.goldfill), "its hit is on the way, or there");
  sign('<circle cx="11" cy="8" r="4" fill="' + c.soft + '"/><circle cx="11" cy="8" r="6.5" fill="none" stroke="' + c.soft + '" stroke-dasharray="2.5 2.5"/>', "the TTL ended there");
  sign('<circle cx="11" cy="8" r="6" fill="' + c.faint + '" stroke="' + c.line + '" stroke-dasharray="2 2"/><path d="M8 5l6 6M14 5l-6 6" stroke="' + c.soft + '" stroke-width="2"/>', "away");
  sign('<circle cx="11" cy="8" r="4" fill="' + hopColour(1) + '"/>', "copy under way");
  sign('<rect x="7.5" y="4.5" width="7" height="7" fill="' + c.panel + '" stroke="' + c.soft + '" stroke-width="1.6"/>', "echo");
  if (alarms.length) sign('<circle cx="11" cy="8" r="5.5" fill="none" stroke="' + c.bad + '" stroke-width="2.6"/>', "what must not happen");
  if (events.some(event => event.kind === "cancel")) sign('<path d="M11 3l5 9H6z" fill="' + c.bad + '"/>', "cancel");
  if (events.some(event => event.kind === "other")) sign('<path d="M11 3l5 9H6z" fill="' + c.good + '"/>', "other message");
  sign('<path d="M1 8h20" stroke="' + hopColour(1) + '" stroke-width="2.4"/>', "asked over it");
  sign('<path d="M1 8h20" stroke="' + c.warn + '" stroke-width="1.4" stroke-dasharray="5 4"/>', "duplicates only");
  sign('<path d="M7 4l8 8M15 4l-8 8" stroke="' + c.warn + '" stroke-width="2.2"/>', "duplicate dropped");
  sign('<path d="M7 4l8 8M15 4l-8 8" stroke="' + c.bad + '" stroke-width="2.2"/>', "lost, refused or not sent");
  sign('<path d="M1 8h20" stroke="' + c.soft + '" stroke-dasharray="1.5 4" stroke-width="1.6"/>', "link down");
  if (data.stalled.length || events.some(event => event.kind === "stall")) sign('<path d="M1 8h20" stroke="' + c.line + '"/><path d="M7 3v10" stroke="' + c.warn + '" stroke-width="3"/>', "clogged at that end");
}

function reportOf(search) {
  const parent = byId("report");
  parent.textContent = "";
  if (!search) return void add(parent, "p", "There was no search.");
  const report = search.report;
  if (!report) return void add(parent, "p", "It did not end while this was watched.", { class: "why" });
  add(parent, "p", "It ended after " + timeText(report.took_us) + ": " + (kEnds[report.ended] || report.ended) + ".", { class: "why" });
  if (!report.counts) {
    add(parent, "p", "Echoes were off, so nobody told how many peers were asked.");
  } else {
    add(parent, "p", report.complete ? "Every copy was answered, so all counts are the truth."
      : "Not every copy was answered, so counts of peers are lower bounds.");
  }
  const rows = [["hits", report.hits], ["first hit after", report.first_hit_us === null ? "none came" : timeText(report.first_hit_us)]];
  const counts = report.counts;
  if (counts) {
    rows.push(["peers asked", counts.peers]);
    const most = Math.max(1, ...counts.peers_by_hop);
    counts.peers_by_hop.forEach((peers, i) => {
      const cell = document.createDocumentFragment();
      const bar = add(cell, "span", null, { class: "hopbar" });
      bar.style.cssText = "width:" + (Math.max(0, peers) / most * 8).toFixed(2) + "em;background:" + hopColour(counts.first_hop + i);
      cell.append(peers);
      rows.push(["at hop " + (counts.first_hop + i), cell]);
    });
    rows.push(["no hops left at", plural(counts.cut_by_ttl, "peer")], ["copies", counts.copies],
      ["of these duplicates", counts.duplicates], ["of these refused", counts.refused], ["of these unanswered", counts.unanswered],
      ["given back, not sent", counts.dropped], ["not sent: no time left", counts.cut_by_budget],
      ["peers whose look-up was late", counts.unsearched], ["hits dropped on the way", counts.hits_dropped]);
  }
  for (const [peer, role, state] of report.first_hops) rows.push(["own link to " + peerName(peer), state.replace("_", " ") + " (" + role + ")"]);
  table(parent, rows.filter(([name, value]) => value !== 0 || /^(hits|peers asked|copies|of these duplicates)$/.test(name)));
}

function fill() {
  byId("title").textContent = data.title;
  data.notes.forEach(note => add(byId("notes"), "p", note));
  for (const alarm of alarms.slice(0, 5)) {
    const line = add(byId("notes"), "p");
    add(line, "button", timeText(alarm.at) + ": " + words(alarm), { type: "button", class: "alarm" }).onclick = () => {
      if (alarm.search !== null && alarm.search !== wave.search) chooseSearch(alarm.search);
      go(alarm.at);
    };
  }
  if (alarms.length > 5) add(byId("notes"), "p", "and " + (alarms.length - 5) + " more, red in the list.");
  if (data.left_out > 0) add(byId("notes"), "p", "The last " + plural(data.left_out, "event") + " did not fit this page and are left out.");
  if (data.facts.length) table(byId("facts"), data.facts);
  if (data.command) {
    add(byId("repeat"), "p", "This page again:");
    add(byId("repeat"), "pre", data.command, { class: "command" });
  }
  names.forEach((name, peer) => add(byId("peer"), "option", name, { value: peer }));
  data.searches.forEach((search, i) => add(byId("search"), "option", (i + 1) + ": " + names[search.origin] + ", " + search.what, { value: i }));
  byId("which").hidden = data.searches.length < 2;
  byId("search").onchange = () => chooseSearch(Number(byId("search").value));
}
function chooseSearch(number) {
  wave.search = data.searches.length ? number : null;
  wave.reset();
  byId("search").value = String(number);
  findMoments();
  reportOf(data.searches[number]);
  go(now);
}

function redraw() {
  readColours();
  arrange();
  legend();
  reportOf(wave.search === null ? null : data.searches[wave.search]);
  byId("side").style.setProperty("--stage-height", byId("left").offsetHeight + "px");
  show(now);
}

// #t=12.5 (milliseconds), #t=40%, #t=end; with &peer=NAME and &search=2.
function obey() {
  const wish = new URLSearchParams(window.location.hash.slice(1));
  const search = Number(wish.get("search"));
  if (search >= 1 && search <= data.searches.length) chooseSearch(search - 1);
  if (wish.has("peer")) choose(names.indexOf(wish.get("peer")) < 0 ? null : names.indexOf(wish.get("peer")));
  const t = wish.get("t") || "0";
  go(t === "end" ? data.until : t.endsWith("%") ? parseFloat(t) / 100 * data.until : (parseFloat(t) || 0) * 1000);
}

readColours();
fill();
findMoments();
redraw();
obey();
window.addEventListener("hashchange", obey);
window.addEventListener("resize", redraw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
for (const [event, on] of [["beforeprint", true], ["afterprint", false]]) {
  window.addEventListener(event, () => { document.documentElement.classList.toggle("printing", on); redraw(); });
}
