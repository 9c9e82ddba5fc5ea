/* Notifications on this device: the switch at /me; on other pages a browser that has them stays its reader's. */

const API = "/api/me/push";
const KNOWN = "giaoviec-push";
const me = document.body.dataset.me;
const box = document.querySelector("[data-push]");
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const apple = /iP(hone|ad|od)/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
const policy = window.trustedTypes?.createPolicy("push", { createScriptURL: (address) => address });

const call = async (method, address = API, data = undefined, csrf = "") => {
  const headers = { accept: "application/json", "content-type": "application/json", "x-csrf-token": csrf };
  const answer = await fetch(address, { method, headers, body: data && JSON.stringify(data) });
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
};

const held = async () => (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription();
const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// The office hears of this browser: it is the reader's from now on, whoever's it was.
const tell = async (subscription, csrf) => {
  const { endpoint, keys } = subscription.toJSON();
  const { id } = await call("POST", API, { endpoint, ...keys }, csrf);
  localStorage.setItem(KNOWN, `${me} ${Date.now()} ${id}`);
};

const on = async () => {
  if ((await Notification.requestPermission()) !== "granted") return;
  await navigator.serviceWorker.register(policy ? policy.createScriptURL("/sw.js") : "/sw.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  const { key, csrf } = await call("GET");
  let subscription = await pushManager.getSubscription();
  // One made with another key of the office takes nothing any more.
  if (subscription && text(subscription.options.applicationServerKey) !== key) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await tell(subscription, csrf);
};

// Gone here first: if the office does not hear of it now, its next push finds out.
const off = async () => {
  const [who, , id] = (localStorage.getItem(KNOWN) ?? "").split(" ");
  localStorage.removeItem(KNOWN);
  await (await held())?.unsubscribe();
  if (who === me && id) await call("DELETE", `${API}/${id}`, undefined, (await call("GET")).csrf).catch(() => {});
};

// Whoever is signed in here gets what this browser shows; asked once a day, and again after a new password.
const keep = async () => {
  if (!able || !me || Notification.permission !== "granted") return;
  if (location.pathname === "/password") localStorage.removeItem(KNOWN);
  const [who, at] = (localStorage.getItem(KNOWN) ?? "").split(" ");
  if (!box && who === me && Date.now() - at < 86_400_000) return;
  const subscription = location.pathname !== "/password" && (await held());
  if (subscription) await tell(subscription, (await call("GET")).csrf);
};

const show = (word) => {
  for (const line of box.querySelectorAll("[data-say]")) line.hidden = line.dataset.say !== word;
};

const look = async (failed = false) => {
  const input = box.querySelector("input[type=checkbox]");
  const denied = able && Notification.permission === "denied";
  box.querySelector("[data-switch]").hidden = !able || denied;
  input.checked = able && !denied && Boolean(await held());
  input.disabled = false;
  if (!able) return show(apple ? "apple" : "unable");
  show(denied ? "denied" : failed ? "failed" : input.checked ? "on" : "off");
};

// Whoever signs out here takes no more notifications here.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.getAttribute("action") !== "/sign-out" || !able || Notification.permission !== "granted") return;
  event.preventDefault();
  const enough = new Promise((done) => setTimeout(done, 2000));
  Promise.race([off().catch(() => {}), enough]).finally(() => form.submit());
});

const kept = keep().catch(() => {});
if (box) {
  kept.then(() => look());
  box.querySelector("input[type=checkbox]").addEventListener("change", async ({ target }) => {
    target.disabled = true;
    show("busy");
    let failed = false;
    await (target.checked ? on() : off()).catch(() => (failed = true));
    await look(failed);
  });
}
