/* Shows what the office pushes to this device and opens its page. It keeps no pages: they always ask the server. */

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
  const { title, body = "", url, tag = "" } = read(event.data);
  const shown = { body, tag, renotify: tag !== "", icon: PICTURE, badge: PICTURE, data: ours(url) };
  event.waitUntil(self.registration.showNotification(title, shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
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
  const answer = await fetch(API);
  if (!answer.ok) return;
  const { key, csrf } = await answer.json();
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  const { endpoint, keys } = (given ?? (await self.registration.pushManager.subscribe(wanted))).toJSON();
  const headers = { "content-type": "application/json", "x-csrf-token": csrf };
  await fetch(API, { method: "POST", headers, body: JSON.stringify({ endpoint, ...keys }) });
};
