/* Keeps the phones up to date and sends without leaving the page. The server draws; nothing is built from text here. */

const bottom = (chat) => { chat.scrollTop = chat.scrollHeight; };

// A document parsed by the browser itself: no HTML string passes through our hands, so Trusted Types have nothing to refuse.
const draw = (address) => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest();
  request.open("GET", address);
  request.responseType = "document";
  request.setRequestHeader("accept", "text/html");
  request.onload = () => (request.status === 200 ? resolve(request.response) : reject(new Error(String(request.status))));
  request.onerror = () => reject(new Error("offline"));
  request.send();
});

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function show(phone, fresh) {
  const old = phone.querySelector(".screen");
  const chat = old.querySelector(".chat");
  const follows = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  const kept = chat.scrollTop;
  const focused = old.contains(document.activeElement);
  old.replaceWith(document.adoptNode(fresh));
  const renewed = phone.querySelector(".chat");
  if (follows) bottom(renewed); else renewed.scrollTop = kept;
  if (focused) renewed.focus({ preventScroll: true });
  const asked = phone.querySelector(".screen").dataset.answerTo;
  if (asked && asked !== old.dataset.answerTo) answer(phone, asked);
}

function answer(phone, id) {
  const form = phone.querySelector(".composer");
  form.elements.reply_to.value = id;
  for (const bubble of phone.querySelectorAll(".bubble.answered")) bubble.classList.remove("answered");
  if (id) phone.querySelector(`[data-reply="${CSS.escape(id)}"]`)?.closest(".bubble").classList.add("answered");
  if (id) form.elements.text.focus({ preventScroll: true });
}

async function watch(phone) {
  for (;;) {
    const screen = phone.querySelector(".screen");
    try {
      const found = await draw(`/simulator/${phone.dataset.handle}/screen?since=${screen.dataset.version}`);
      const fresh = found.querySelector(".screen");
      if (fresh && fresh.dataset.version !== screen.dataset.version) show(phone, fresh);
    } catch {
      await pause(1500);
    }
  }
}

async function send(form, submitter) {
  const body = new FormData(form, submitter);
  body.set("alone", "yes");
  submitter?.setAttribute("aria-busy", "true");
  await fetch(form.action, { method: "POST", body, redirect: "manual" });
  submitter?.removeAttribute("aria-busy");
}

for (const phone of document.querySelectorAll(".phone")) {
  bottom(phone.querySelector(".chat"));
  phone.addEventListener("submit", async (event) => {
    const form = event.target;
    event.preventDefault();
    event.stopPropagation();
    const composer = form.matches(".composer");
    if (composer && !form.elements.text.value.trim() && !form.elements.file.files.length) return;
    await send(form, event.submitter);
    if (!composer) return;
    form.reset();
    answer(phone, "");
    form.querySelector(".attach").classList.remove("full");
    form.querySelector(".replying")?.remove();
  });
  phone.addEventListener("click", (event) => {
    const link = event.target.closest("[data-reply]");
    if (!link) return;
    event.preventDefault();
    answer(phone, link.dataset.reply);
  });
  phone.querySelector(".composer [type=file]").addEventListener("change", (event) => {
    event.target.closest(".attach").classList.toggle("full", event.target.files.length > 0);
  });
  watch(phone);
}

for (const choice of document.querySelectorAll(".who select")) choice.addEventListener("change", () => choice.form.submit());
