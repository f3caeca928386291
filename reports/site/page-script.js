/**
 * The script of a site's pages: sorting tables, filtering lists, and the search. Every page is complete without it; the controls that need
 * it stay hidden until it runs. It writes no markup from text and asks for nothing.
 */
(() => {
  const plain = (text) => text.normalize('NFKC').toLowerCase();
  /** Words apart by single spaces, with one in front: what includes ' ca' has a word that begins with "ca". */
  const spaced = (text) =>
    ` ${plain(text)
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()}`;
  /** Texts of neighbouring cells are words apart. */
  const textsIn = (element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode.data);
    return texts;
  };

  for (const table of document.querySelectorAll('table[data-sortable]')) {
    const body = table.tBodies[0];
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, column) => {
      if (header.dataset.sort === undefined) return;
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener('click', () => {
        const ascending = header.getAttribute('aria-sort') !== 'ascending';
        for (const other of headers) other.removeAttribute('aria-sort');
        header.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
        const numeric = header.dataset.sort === 'number';
        const keyOf = (row) => {
          const cell = row.cells[column];
          return numeric ? Number(cell.dataset.value ?? Number.NaN) : plain(cell.textContent.trim());
        };
        const order = (left, right) => (left < right ? -1 : left > right ? 1 : 0);
        const rows = [...body.rows].map((row) => ({ row, key: keyOf(row) }));
        rows.sort((left, right) => (ascending ? order(left.key, right.key) : order(right.key, left.key)));
        body.append(...rows.map(({ row }) => row));
      });
    });
  }

  for (const form of document.querySelectorAll('form[data-items]')) {
    const items = [...document.querySelectorAll(form.dataset.items)].map((element) => ({
      element,
      text: spaced(textsIn(element).join(' ')),
    }));
    const groups = [...document.querySelectorAll('[data-group]')];
    const search = form.querySelector('input');
    const selects = [...form.querySelectorAll('select')];
    const status = form.querySelector('output');
    const apply = () => {
      const words = spaced(search?.value ?? '')
        .split(' ')
        .slice(1);
      let shown = 0;
      for (const { element, text } of items) {
        const fits =
          words.every((word) => text.includes(` ${word}`)) &&
          selects.every(({ name, value }) => value === '' || element.dataset[name] === value);
        element.hidden = !fits;
        if (fits) shown += 1;
      }
      for (const group of groups) group.hidden = group.querySelector('[data-item]:not([hidden])') === null;
      status.textContent = `${shown} of ${items.length}`;
    };
    form.hidden = false;
    form.addEventListener('input', apply);
    form.addEventListener('submit', (event) => event.preventDefault());
    const query = new URLSearchParams(location.hash.slice(1)).get('q');
    if (search !== null && query !== null) search.value = query;
    apply();
    if (search !== null && form.dataset.remember !== undefined) {
      search.focus();
      search.addEventListener('change', () => {
        history.replaceState(null, '', `#q=${encodeURIComponent(search.value)}`);
      });
    }
  }
})();
