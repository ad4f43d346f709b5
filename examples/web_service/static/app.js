// Posts plans, lists them, and follows the one that is open by server-sent events.

const $ = (id) => document.getElementById(id);

const TONES = {
  waiting: "idle", ready: "wait", queued: "wait", looking: "busy", sending: "busy", running: "busy",
  created: "good", changed: "good", unchanged: "good", removed: "good", absent: "good", kept: "warn", done: "good",
  different: "warn", skipped: "warn", stopped: "warn", stopping: "busy", interrupted: "bad", failed: "bad",
};
const ORDER = Object.keys(TONES);
const ENDED = new Set(["created", "changed", "unchanged", "removed", "absent", "kept", "different"]);
const WORDS = {
  apply: { running: "being carried out", done: "carried out", failed: "partly carried out" },
  destroy: { running: "being removed", done: "removed", failed: "partly removed" },
};
const EXAMPLE = `name: farm
location: West US

storage_accounts:
  - name: farmdisks

hosted_services:
  - name: farm-{index}
    count: 2

virtual_machines:
  - name: vm{index:02}
    count: 10
    group_size: 5
    service_name: farm-{group}
    role_size: Small
    system_config:
      linux:
        user_name: azureuser
        user_password: env:ADMIN_PASSWORD
    os_virtual_hard_disk:
      source_image_name: b39f27a8b8c64d52b05eac6a62ebad85__Ubuntu-14_04_2-LTS-amd64-server-20150610-en-us-30GB
      storage_account: farmdisks
`;

// ---------------------------------------------------------------- asking the service

async function ask(path, options) {
  const reply = await fetch(path, options);
  const text = await reply.text();
  const answer = text ? JSON.parse(text) : null;
  if (!reply.ok) throw Object.assign(new Error(answer?.detail ?? reply.statusText), { problems: answer?.problems });
  return answer;
}

/** What form of plan a text is: JSON begins with a brace, and TOML has what YAML has not. */
function contentType(text) {
  if (/^\s*\{/.test(text)) return "application/json";
  return /^\s*[\w"-]+\s*=|^\s*\[\[?[\w.]+\]\]?\s*$/m.test(text) ? "application/toml" : "application/yaml";
}

// ---------------------------------------------------------------- the list of plans

let listed = [];

async function list() {
  try {
    listed = await ask("/plans");
    connected(true);
  } catch {
    connected(false);
    return;
  }
  const items = new Map([...$("plans").children].map((item) => [item.dataset.id, item]));
  for (const [place, plan] of listed.entries()) {
    const item = items.get(plan.id) ?? newItem(plan.id);
    items.delete(plan.id);
    showItem(item, plan);
    if ($("plans").children[place] !== item) $("plans").insertBefore(item, $("plans").children[place] ?? null);
  }
  for (const item of items.values()) item.remove();
  $("no-plans").hidden = listed.length > 0;
}

function newItem(id) {
  const item = $("plan-item").content.firstElementChild.cloneNode(true);
  item.dataset.id = id;
  item.firstElementChild.href = `#${id}`;
  return item;
}

function showItem(item, plan) {
  const ended = Object.entries(plan.counts).reduce((sum, [word, count]) => sum + (ENDED.has(word) ? count : 0), 0);
  item.querySelector("strong").textContent = plan.name;
  showState(item.querySelector(".state"), plan.state, wordsOf(plan));
  item.querySelector("small").textContent = `${ended} of ${plan.total} ${plan.total === 1 ? "resource" : "resources"}`;
  Object.assign(item.querySelector("progress"), { max: plan.total || 1, value: ended });
  item.querySelector("progress").setAttribute("aria-label", `${plan.name}: ended`);
  const link = item.firstElementChild;
  if (plan.id === opened) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

function showState(element, word, text) {
  element.textContent = text;
  element.dataset.tone = TONES[word] ?? "idle";
}

function connected(is) {
  $("connection").textContent = is ? "live" : "not connected: trying again";
  $("connection").className = is ? "" : "lost";
}

// ---------------------------------------------------------------- the plan that is open

let opened = "";
let source = null;
let plan = null;
const rows = new Map();
let due = false;

function open(id) {
  source?.close();
  source = plan = null;
  opened = id;
  $("new").hidden = id !== "";
  $("plan").hidden = true;
  for (const item of $("plans").children) {
    item.firstElementChild.toggleAttribute("aria-current", item.dataset.id === id);
  }
  if (!id) {
    document.title = "Plans";
    return;
  }
  source = new EventSource(`/plans/${encodeURIComponent(id)}/events`);
  source.addEventListener("open", () => connected(true));
  source.addEventListener("error", () => {
    connected(false);
    // Refused rather than cut off: there is no such plan any more.
    if (source?.readyState === EventSource.CLOSED) location.hash = "";
  });
  source.addEventListener("snapshot", (event) => snapshot(JSON.parse(event.data)));
  source.addEventListener("step", (event) => step(JSON.parse(event.data)));
}

function snapshot(data) {
  const first = plan === null;
  plan = { ...data, resources: new Map(data.resources.map((one) => [one.key, one])) };
  rows.clear();
  $("resources").tBodies[0].replaceChildren(...data.resources.map(newRow));
  $("plan").hidden = false;
  if (first) $("plan-name").focus({ preventScroll: true });
  show();
  list();
}

function step({ key, at, state, outcome, detail, retry }) {
  const one = plan?.resources.get(key);
  if (!one) return;
  if (!one.begun && !["waiting", "ready", "ended"].includes(state)) one.begun = at;
  Object.assign(one, { state, detail, retries: one.retries + retry });
  if (outcome) Object.assign(one, { outcome, ended: at, error: outcome === "failed" ? detail : null });
  showRow(one);
  if (due) return;
  due = true; // the numbers once a frame, however many steps there are
  requestAnimationFrame(() => {
    due = false;
    if (plan) show();
  });
}

const wordsOf = (plan) => WORDS[plan.verb][plan.state] ?? plan.state;

const wordOf = (one) => one.outcome ?? one.state;

function show() {
  const words = new Map();
  for (const one of plan.resources.values()) words.set(wordOf(one), (words.get(wordOf(one)) ?? 0) + 1);
  const counts = [...words].sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b)).reverse();
  $("bar").replaceChildren(...counts.map(([word, count]) => {
    const part = document.createElement("span");
    part.dataset.tone = TONES[word];
    part.style.flexGrow = count;
    return part;
  }));
  $("counts").replaceChildren(...counts.map(([word, count]) => {
    const item = document.createElement("li");
    item.dataset.tone = TONES[word];
    item.textContent = `${count} ${word}`;
    return item;
  }));
  showReasons();
  showHeading(counts);
  filter();
  const item = [...$("plans").children].find((each) => each.dataset.id === plan.id);
  if (item) showItem(item, { ...plan, counts: Object.fromEntries(words) });
}

/** Say why resources are not as they should be, each reason once, with the number of those that have it. */
function showReasons() {
  const reasons = new Map();
  for (const one of plan.resources.values()) {
    if (!["failed", "different"].includes(one.outcome)) continue;
    const said = (one.error ?? one.differences.join("; ")).replace(/ \((HTTP|operation) [^()]*\)$/, "");
    const alike = said.replace(/\d+/g, "#");
    reasons.set(alike, { said, count: (reasons.get(alike)?.count ?? 0) + 1 });
  }
  const told = [...reasons.values()].sort((a, b) => b.count - a.count);
  $("reasons").hidden = told.length === 0;
  $("reasons").replaceChildren(...told.slice(0, 5).map(({ said, count }) => {
    const item = document.createElement("li");
    item.textContent = count > 1 ? `${count} x ${said}` : said;
    return item;
  }));
}

function showHeading(counts) {
  const running = plan.state === "running" || plan.state === "stopping";
  const removed = plan.verb === "destroy" && plan.state === "done" && !plan.leftovers.length;
  $("plan-name").textContent = plan.name;
  showState($("plan-state"), plan.state, wordsOf(plan));
  $("plan-times").textContent = plan.begun
    ? `begun ${clock(plan.begun)}${plan.ended ? `, took ${duration(plan.begun, plan.ended)}` : ""}`
    : "";
  text("plan-error", plan.error);
  text("plan-leftovers", plan.leftovers.length && `Made by this plan, and still there: ${plan.leftovers.join(", ")}`);
  $("stop").hidden = !running;
  $("stop").disabled = plan.state === "stopping";
  $("apply").hidden = running && plan.verb === "apply";
  $("remove").hidden = removed || (running && plan.verb === "destroy");
  $("forget").hidden = !removed;
  $("report").hidden = !plan.ended;
  $("report").href = `/plans/${plan.id}/report?format=html`;
  const ended = counts.reduce((sum, [word, count]) => sum + (ENDED.has(word) ? count : 0), 0);
  document.title = running ? `${ended}/${plan.resources.size} ${plan.name}` : `${plan.name}: ${plan.state}`;
}

function text(id, content) {
  $(id).hidden = !content;
  $(id).textContent = content || "";
}

function newRow(one) {
  const row = document.createElement("tr");
  for (let cell = 0; cell < 3; cell += 1) row.insertCell();
  const kind = document.createElement("small");
  kind.textContent = one.kind.replaceAll("_", " ");
  row.cells[0].append(one.name, kind);
  row.cells[1].append(document.createElement("span"), document.createElement("small"));
  row.cells[1].firstChild.className = "state";
  rows.set(one.key, row);
  showRow(one);
  return row;
}

function showRow(one) {
  const row = rows.get(one.key);
  const word = wordOf(one);
  const retries = one.retries ? `sent again ${one.retries === 1 ? "once" : `${one.retries} times`}` : "";
  const said = [one.error ?? one.detail, ...one.differences, retries];
  row.dataset.tone = TONES[word];
  showState(row.cells[1].firstChild, word, word);
  row.cells[1].lastChild.textContent = said.filter(Boolean).join("; ");
  row.cells[2].textContent = one.begun && one.ended ? duration(one.begun, one.ended) : "";
}

function filter() {
  const wanted = $("filter").value.trim().toLowerCase();
  let shown = 0;
  for (const one of plan?.resources.values() ?? []) {
    const fits = `${one.key} ${one.kind.replaceAll("_", " ")} ${wordOf(one)}`.toLowerCase().includes(wanted);
    rows.get(one.key).hidden = !fits;
    shown += fits;
  }
  $("no-resources").hidden = shown > 0 || wanted === "";
}

const clock = (moment) => new Date(moment).toLocaleTimeString();

function duration(begun, ended) {
  const seconds = (new Date(ended) - new Date(begun)) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

// ---------------------------------------------------------------- what people do

$("new").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = $("document").value;
  const button = $("new").querySelector("[type=submit]");
  button.disabled = true;
  $("problems").replaceChildren();
  try {
    const posted = await ask("/plans", { method: "POST", body, headers: { "Content-Type": contentType(body) } });
    location.hash = posted.id;
  } catch (error) {
    const problems = error.problems ?? [{ path: "", message: error.message }];
    $("problems").replaceChildren(...problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)).map(newProblem));
    $("problems").firstElementChild.focus();
  } finally {
    button.disabled = false;
  }
});

function newProblem({ path, message, line }) {
  const button = document.createElement("button");
  button.type = "button";
  const where = document.createElement("code");
  where.textContent = [line && `line ${line}`, path].filter(Boolean).join(" · ");
  button.append(where, " ", message);
  if (line) button.addEventListener("click", () => select(line));
  return button;
}

/** Select a line of the document. */
function select(line) {
  const area = $("document");
  const lines = area.value.split("\n");
  const begin = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  area.focus();
  area.setSelectionRange(begin, begin + (lines[line - 1]?.length ?? 0));
  area.scrollTop = (line - 4) * (area.scrollHeight / lines.length);
}

async function change(path, method) {
  try {
    await ask(path, { method });
  } catch (error) {
    text("plan-error", error.message);
  }
}

$("stop").addEventListener("click", () => change(`/plans/${opened}/stop`, "POST"));
$("apply").addEventListener("click", () => change(`/plans/${opened}/apply`, "POST"));
$("remove").addEventListener("click", () => {
  $("confirm-text").textContent = `${plan.name}: ${plan.resources.size} resources. What was there before stays.`;
  $("disks").checked = false;
  $("confirm").returnValue = "keep";
  $("confirm").showModal();
});
$("confirm").addEventListener("close", () => {
  if ($("confirm").returnValue === "remove") change(`/plans/${opened}?disks=${$("disks").checked}`, "DELETE");
});
$("forget").addEventListener("click", async () => {
  await change(`/plans/${opened}`, "DELETE");
  location.hash = "";
  list();
});
$("example").addEventListener("click", () => {
  $("document").value = EXAMPLE;
  $("document").setSelectionRange(0, 0);
  $("document").focus();
  $("document").scrollTop = 0;
});
$("file").addEventListener("change", async () => {
  const [file] = $("file").files;
  if (file) $("document").value = await file.text();
  $("file").value = "";
});
$("filter").addEventListener("input", filter);

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === $("document")) {
    $("new").requestSubmit();
  } else if (typing || event.ctrlKey || event.metaKey || event.altKey || $("confirm").open) {
    if (event.key === "Escape" && event.target === $("filter")) $("filter").blur();
  } else if (event.key === "/" && plan) {
    event.preventDefault();
    $("filter").focus();
  } else if (event.key === "n") {
    event.preventDefault();
    location.hash = "";
    $("document").focus();
  }
});

addEventListener("hashchange", () => open(location.hash.slice(1)));
open(location.hash.slice(1));
list();
setInterval(() => document.hidden || list(), 2000);
