// Suggestions: an [data-options] box asks the address it names while one types and offers the answers as a datalist.
// The box stays an ordinary text box: without this script the whole name is typed or pasted.
const WAIT_MS = 200;

function suggest(box, number) {
  const list = document.createElement('datalist');
  list.id = `suggest-${number}`;
  box.after(list);
  box.setAttribute('list', list.id);
  let timer;
  let asked = 0;
  async function ask() {
    const mine = (asked += 1);
    const answer = await fetch(`${box.dataset.options}?q=${encodeURIComponent(box.value)}`, {
      headers: { Accept: 'application/json' },
    });
    if (!answer.ok || mine !== asked) return;
    const { results } = await answer.json();
    list.replaceChildren(...results.map((one) => {
      const option = document.createElement('option');
      option.value = one.text;
      option.label = one.words ? `${one.words} (${one.text})` : one.text;
      return option;
    }));
  }
  const later = () => { clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); };
  box.addEventListener('input', later);
  box.addEventListener('focus', () => { if (!list.childElementCount) later(); });
}
document.querySelectorAll('[data-options]').forEach(suggest);
