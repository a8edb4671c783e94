// Behaviour shared by all pages; every page works without it. No HTML is built here.
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const typing = (el) => el.matches('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]');
const rowBoxes = () => all('[data-rows] input[type=checkbox]');

// Keys: / searches, j and k walk the rows of a list, x ticks one.
document.addEventListener('keydown', (e) => {
  if (typing(e.target) || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === '/') {
    const box = document.querySelector('[data-hotkey="/"]');
    if (box) { e.preventDefault(); box.focus(); box.select(); }
  }
  const rows = all('[data-rows] tr');
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement.closest('tr'));
  if (e.key === 'j' || e.key === 'k') {
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + (e.key === 'j' ? 1 : -1)))];
    const link = next.querySelector('a');
    if (link) link.focus();
  }
  if (e.key === 'x' && at >= 0) {
    const box = rows[at].querySelector('input[type=checkbox]');
    if (box) box.click();
  }
});

// The bulk bar shows itself when something is ticked; without JavaScript it is always there.
function showSelection() {
  const boxes = rowBoxes();
  const chosen = boxes.filter((box) => box.checked).length;
  boxes.forEach((box) => box.closest('tr').classList.toggle('sel', box.checked));
  all('[data-bulk]').forEach((bar) => {
    bar.classList.toggle('open', chosen > 0);
    all('[data-count]', bar).forEach((out) => { out.textContent = String(chosen); });
  });
  all('[data-all]').forEach((box) => {
    box.checked = chosen > 0 && chosen === boxes.length;
    box.indeterminate = chosen > 0 && chosen < boxes.length;
  });
}
let last = null;
document.addEventListener('click', (e) => {
  const box = e.target.closest('[data-rows] input[type=checkbox]');
  if (box) {
    const boxes = rowBoxes();
    if (e.shiftKey && last) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      boxes.slice(Math.max(0, from), to + 1).forEach((one) => { one.checked = box.checked; });
    }
    last = box;
    showSelection();
  }
  if (e.target.closest('[data-clear]')) { rowBoxes().forEach((one) => { one.checked = false; }); showSelection(); }
});
document.addEventListener('change', (e) => {
  if (e.target.matches('[data-all]')) { rowBoxes().forEach((box) => { box.checked = e.target.checked; }); showSelection(); }
  if (e.target.matches('[data-density-pick]')) document.documentElement.dataset.density = e.target.value;
});

// Editing many: touching a field ticks its "set this".
document.addEventListener('input', (e) => {
  if (!e.target.name || e.target.matches('[data-set]')) return;
  const tick = all('[data-set]').find((box) => box.dataset.set === e.target.name);
  if (tick) tick.checked = true;
});

// Small menus made of <details>: one open at a time, closed by Escape or by a click elsewhere.
const menus = () => all('details.pop[open], details.menu-m[open]');
document.addEventListener('click', (e) => menus().forEach((menu) => { if (!menu.contains(e.target)) menu.open = false; }));
document.addEventListener('keydown', (e) => {
  if (e.key !== 'Escape') return;
  menus().forEach((menu) => { menu.open = false; menu.querySelector('summary').focus(); });
});

// A search's address carries only what was asked: empty conditions are left out.
document.addEventListener('formdata', (e) => {
  if (e.target.method !== 'get') return;
  new Set(e.formData.keys()).forEach((name) => {
    const kept = e.formData.getAll(name).filter((value) => value !== '');
    e.formData.delete(name);
    kept.forEach((value) => e.formData.append(name, value));
  });
});

// Sample accounts on the log-in page.
document.addEventListener('click', (e) => {
  const button = e.target.closest('[data-fill-username]');
  if (!button) return;
  document.querySelector('input[name=username]').value = button.dataset.fillUsername;
  document.querySelector('input[name=password]').value = button.dataset.fillPassword;
  document.querySelector('.login form[action=""] [type=submit]').focus();
});

// A refused form begins at what has to be mended.
const refused = document.querySelector('[data-focus]');
if (refused) refused.focus();
document.addEventListener('htmx:afterSwap', showSelection);
showSelection();
