/* Small comforts on top of pages that work without them. */

// A form is sent once: a second press while the first is on its way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  if (form.method !== "post") return;
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const busy of form.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
  }
});

// A menu closes when something else is pressed, or on Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// «huong» finds «Hương»: the same folding as the server's (kit/text.py).
const fold = (text) => text.replace(/đ/gi, "d").normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ").trim();

// A picker filters what it holds as one types; the ticked ones stay in sight.
for (const picker of document.querySelectorAll(".picker[data-whole]")) {
  const box = picker.querySelector("[type=search]");
  const people = [...picker.querySelectorAll("label[data-search]")];
  const none = picker.querySelector(".none");
  const filter = () => {
    const words = fold(box.value).split(" ").filter(Boolean);
    let seen = 0;
    for (const person of people) {
      const shown = person.querySelector("input").checked || words.every((word) => person.dataset.search.includes(word));
      person.hidden = !shown;
      seen += shown;
    }
    for (const group of picker.querySelectorAll(".group")) {
      let next = group.nextElementSibling;
      while (next?.matches("label[hidden]")) next = next.nextElementSibling;
      group.hidden = !next?.matches("label");
    }
    none.hidden = seen > 0;
  };
  box.addEventListener("input", filter);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const left = people.filter((person) => !person.hidden && !person.querySelector("input").checked);
    if (box.value && left.length === 1) left[0].querySelector("input").click();
  });
  picker.querySelector(".search button")?.remove();
  filter();
}

// «In» prints.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
