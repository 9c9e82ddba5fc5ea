/* Shows what the office pushes to this device, opens its page and tells the office that it was read. It keeps no pages:
   they always ask the server. */

const API = "/api/me/push";
const PICTURE = "/static/worker/icon-192.png";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const read = (data) => {
  try {
    return data.json();
  } catch {
    return { title: "Giao việc", url: "/" };
  }
};

// Only pages of ours open, whatever a push says.
const ours = (address) => {
  const url = new URL(address || "/", self.location.origin);
  return url.origin === self.location.origin ? url.href : self.location.origin + "/";
};

// What is newest about a task takes the place of what showed before, aloud.
self.addEventListener("push", (event) => {
  const { title, body = "", url, tag = "", message = "" } = read(event.data);
  const data = { url: ours(url), message };
  const shown = { body, tag, renotify: tag !== "", icon: PICTURE, badge: PICTURE, data };
  event.waitUntil(self.registration.showNotification(title, shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  // One that an older worker showed holds its page only.
  const { data } = event.notification;
  const { url, message } = data.url ? data : { url: data };
  event.waitUntil(Promise.all([open(url), noted(message).catch(() => {})]));
});

// A tab that shows the page already comes to the front; any other may hold half a form and is left alone.
const open = async (url) => {
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = tabs.find((tab) => tab.url.split("#")[0] === url);
  return there ? there.focus() : self.clients.openWindow(url);
};

// The browser gave the subscription another address: the office is told, if somebody is signed in here.
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event.newSubscription)));

const renew = async (given) => {
  const office = await known();
  if (!office) return;
  const wanted = { userVisibleOnly: true, applicationServerKey: office.key };
  const { endpoint, keys } = (given ?? (await self.registration.pushManager.subscribe(wanted))).toJSON();
  await tell(API, { endpoint, ...keys }, office);
};

// Somebody tapped it: the office notes the first time. Whoever is signed in here says so for themselves only.
const noted = async (message) => {
  const office = message && (await known());
  if (office) await tell(`${API}/seen`, { message }, office);
};

const known = async () => {
  const answer = await fetch(API);
  return answer.ok ? answer.json() : null;
};

const tell = (address, data, { csrf }) =>
  fetch(address, { method: "POST", headers: { "content-type": "application/json", "x-csrf-token": csrf }, body: JSON.stringify(data) });
