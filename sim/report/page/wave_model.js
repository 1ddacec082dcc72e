// SPDX-License-Identifier: Apache-2.0
// What a wave's data says: events, words for them, and the state of the network at a moment.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const names = data.peers;
const events = data.events.map(row => {
  const event = {};
  data.columns.forEach((column, i) => { event[column] = row[i] === undefined ? null : row[i]; });
  return event;
});
const kCopies = new Set(["asked", "deeper", "duplicate", "passes", "refused", "rejected", "lost"]);
const kAnswers = new Set(["echo", "hit", "cancel", "other", "answer_lost"]);
const moves = event => kCopies.has(event.kind) || kAnswers.has(event.kind);

// ---- links --------------------------------------------------------------------------------------
const linkNumbers = new Map();
const linkKey = (a, b) => a < b ? a * 1000 + b : b * 1000 + a;
data.links.forEach(([a, b], i) => linkNumbers.set(linkKey(a, b), i));
const linkOf = (a, b) => linkNumbers.get(linkKey(a, b));
const neighbours = names.map(() => []);
for (const [a, b] of data.links) {
  neighbours[a].push(b);
  neighbours[b].push(a);
}

// What an event remembers of those before it: by which copy its receiver had the query first, and
// where a message was when its link went down.
(function connect() {
  const firsts = new Map();
  const cuts = new Map();
  for (const event of events) {
    if (event.kind === "link_down") cuts.set(linkKey(event.from, event.to), event.at);
    if (event.kind === "lost" || event.kind === "answer_lost") {
      const cut = cuts.get(linkKey(event.from, event.to));
      if (cut !== undefined && cut >= event.left) event.cut = cut;
    }
    if (!kCopies.has(event.kind) || event.to === null) continue;
    const key = event.search + "/" + event.to;
    event.first = firsts.get(key);
    if (event.kind === "asked" || event.kind === "deeper") firsts.set(key, event);
  }
})();
const alarms = events.filter(event => event.kind === "alarm");
let hopMost = 1;
for (const event of events) if (event.kind === "asked" || event.kind === "deeper" || event.kind === "passes") hopMost = Math.max(hopMost, event.hop);

// ---- words --------------------------------------------------------------------------------------
const plural = (n, one, many) => n + " " + (n === 1 ? one : many || one + "s");
const peerName = peer => peer === null || peer === undefined ? "?" : names[peer];
const timeText = us => {
  if (data.until >= 20e6) return (us / 1e6).toFixed(3) + " s";
  return (us / 1000).toFixed(data.until < 100e3 ? 2 : 1) + " ms";
};
const kEnds = {
  answered: "every copy was answered, so nothing more could come",
  deadline: "its time was up",
  enough: "it had as many hits as it wanted",
  cancelled: "its user took it back",
  nobody: "no copy left the peer: there was nobody to ask",
};
const kSorts = { leaf: "asked, and nobody below it", duplicate: "its copy was a duplicate", refused: "it refuses: it is at a limit" };

function onward(event) {
  if (event.count > 0) return "asks " + plural(event.count, "other") + (event.kind === "deeper" ? " again" : "");
  if (event.text === "own") return "asks nobody at once";
  if (event.ttl <= 1) return "asks nobody: the TTL ends here";
  if (neighbours[event.to].length <= 1) return "knows nobody else";
  return "asks nobody: no time or no link";
}
function hadBefore(event) {
  if (event.search !== null && data.searches[event.search].origin === event.to) return "it began the search";
  if (!event.first) return "it had it before";
  return "it had it from " + peerName(event.first.from) + " at hop " + event.first.hop;
}
function holds(event, peer) {
  return event.search !== null && data.searches[event.search].holders.includes(peer);
}
function words(event) {
  const from = peerName(event.from), to = peerName(event.to), about = peerName(event.about);
  switch (event.kind) {
    case "asked":
      return to + " is asked by " + from + ", at hop " + event.hop + (holds(event, event.to) ? "; it holds the file" : "") + "; " + onward(event);
    case "deeper":
      return to + " hears it again from " + from + " with more hops left (" + hadBefore(event) + "); " + onward(event);
    case "duplicate": return to + " drops a duplicate from " + from + ": " + hadBefore(event);
    case "passes": return to + " has it again, from " + from + (event.count > 0 ? ", and passes it on" : "");
    case "refused": return to + " refuses the copy from " + from + ": it is at a limit";
    case "rejected": return to + " rejects the copy from " + from + ": it is against the rules";
    case "given_back": return from + " cannot ask " + to + ": the queue is full or the link is dead";
    case "lost": return "The copy from " + from + " to " + to + " is lost: the link went down under it";
    case "echo":
      return event.text ? from + " answers " + to + ": " + (kSorts[event.text] || event.text)
        : from + " answers " + to + ": " + (event.count === 0 ? "nobody new" : plural(event.count, "more peer")) + " asked on this branch";
    case "hit": return "A hit of " + about + " (" + plural(event.count, "file") + ") comes from " + from + " to " + to;
    case "cancel": return from + " tells " + to + " that its copy is no longer wanted";
    case "other": return "A " + event.text + " goes from " + from + " to " + to;
    case "answer_lost": return "A message (" + event.text + ") from " + from + " does not reach " + to + ": the link is gone";
    case "found": return to + " shows its user the hit of " + about + " (" + plural(event.count, "file") + ")";
    case "finished": return "The search of " + to + " ends: " + (kEnds[event.text] || event.text);
    case "peer_down": return to + " is gone";
    case "peer_up": return to + " is back";
    case "link_down": return "The link of " + from + " and " + to + " goes down";
    case "link_up": return "The link of " + from + " and " + to + " comes up";
    case "stall": return "What " + from + " sends to " + to + " waits: the way is clogged";
    case "flow": return "What " + from + " sends to " + to + " flows again";
  }
  return (event.to === null ? "" : to + ": ") + (event.text || event.kind);
}
const kTones = {
  duplicate: "warn", refused: "warn", rejected: "bad", given_back: "bad", lost: "bad", answer_lost: "bad", hit: "good", found: "good",
  peer_down: "bad", link_down: "bad", stall: "warn", alarm: "alarm",
};

// ---- the state at a moment ----------------------------------------------------------------------
class State {
  constructor() {
    this.search = data.searches.length ? 0 : null;
    this.reset();
  }
  reset() {
    this.at = 0;            // events that have happened
    this.hop = new Map();   // by peer, of those asked in the chosen search
    this.ends = new Set();  // asked, with no hops left, though they know more peers
    this.told = new Set();  // holders whose hit is on its way or there
    this.shown = new Set(); // holders whose hit was shown
    this.down = new Set(data.down_peers);
    this.cut = new Set(data.down_links.map(([a, b]) => linkKey(a, b)));
    this.stalled = new Set(data.stalled.map(([a, b]) => a + ">" + b));
    this.used = new Map();  // by link: "tree", else "duplicate", else "failed"; with the hop
    this.alarmed = new Set();
    this.finished = false;
    this.counts = { asked: 0, copies: 0, duplicates: 0, failed: 0, echoes: 0, hits: 0 };
  }
  mine(event) { return event.search === null || event.search === this.search; }
  use(event, how) {
    const link = linkOf(event.from, event.to);
    if (link === undefined) return;  // peers may talk without a link of the graph
    const old = this.used.get(link);
    const rank = { failed: 0, duplicate: 1, tree: 2 };
    const nearer = old && how === old.how && event.hop < old.hop;
    if (!old || nearer || rank[how] > rank[old.how]) this.used.set(link, { how, hop: event.hop });
  }
  apply(event) {
    if (!this.mine(event)) return;
    const counts = this.counts;
    switch (event.kind) {
      case "asked":
      case "deeper": {
        counts.copies++;
        if (event.kind === "asked") counts.asked++;
        const known = this.hop.get(event.to);
        this.hop.set(event.to, known === undefined ? event.hop : Math.min(known, event.hop));
        if (event.ttl <= 1 && event.text !== "own" && neighbours[event.to].length > 1) this.ends.add(event.to);
        else this.ends.delete(event.to);
        this.use(event, "tree");
        break;
      }
      case "passes": counts.copies++; this.use(event, "tree"); break;
      case "duplicate": counts.copies++; counts.duplicates++; this.use(event, "duplicate"); break;
      case "refused": case "rejected": case "lost": counts.copies++; counts.failed++; this.use(event, "failed"); break;
      case "given_back": counts.failed++; this.use(event, "failed"); break;
      case "echo": counts.echoes++; break;
      case "hit": this.told.add(event.about); break;
      case "found": this.told.add(event.about); this.shown.add(event.about); counts.hits += event.count; break;
      case "alarm": if (event.to !== null) this.alarmed.add(event.to); break;
      case "finished": this.finished = true; break;
      case "peer_down": this.down.add(event.to); break;
      case "peer_up": this.down.delete(event.to); break;
      case "link_down": this.cut.add(linkKey(event.from, event.to)); break;
      case "link_up": this.cut.delete(linkKey(event.from, event.to)); break;
      case "stall": this.stalled.add(event.from + ">" + event.to); break;
      case "flow": this.stalled.delete(event.from + ">" + event.to); break;
    }
  }
  // All that has happened up to `t`, that moment too.
  goto(t) {
    if (this.at > 0 && events[this.at - 1].at > t) this.reset();
    while (this.at < events.length && events[this.at].at <= t) this.apply(events[this.at++]);
  }
  linkDown(a, b) { return this.cut.has(linkKey(a, b)) || this.down.has(a) || this.down.has(b); }
  // A peer that keeps its memory goes by its links alone.
  away(peer) {
    return this.down.has(peer) || (neighbours[peer].length > 0 && neighbours[peer].every(other => this.cut.has(linkKey(peer, other))));
  }
}

// Messages under way at a moment: those of each of some slices of time.
const kSlices = 400;
const sliceOf = t => Math.min(kSlices - 1, Math.floor(t / Math.max(1, data.until) * kSlices));
const slices = Array.from({ length: kSlices }, () => []);
events.forEach(event => {
  if (!moves(event)) return;
  for (let i = sliceOf(event.left); i <= sliceOf(event.at); i++) slices[i].push(event);
});
const underWay = t => slices[sliceOf(t)].filter(event => event.left <= t && t < event.at);
