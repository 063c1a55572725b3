"""What may be wrong with a page as a browser shows it, asked in the browser's own language. Not for tests."""

# What lies over each other, or sticks out of what holds it, among the words of pictures and the cells of tables.
FAULTS = """() => {
  const faults = [], slack = 1.5;
  const shown = (e) => e.getClientRects().length && getComputedStyle(e).visibility !== 'hidden';
  const meet = (a, b) => a.left < b.right - slack && b.left < a.right - slack && a.top < b.bottom - slack && b.top < a.bottom - slack;
  for (const svg of document.querySelectorAll('.chart svg')) {
    const frame = svg.getBoundingClientRect(), name = svg.closest('.panel').id;
    const words = [...svg.querySelectorAll('text')].filter((t) => t.textContent && shown(t) && getComputedStyle(t).opacity !== '0' && t.getAttribute('opacity') !== '0');
    const labels = words.filter((t) => !/SIMULATED|STALE/.test(t.textContent));
    labels.forEach((t, i) => {
      const box = t.getBoundingClientRect();
      if (box.left < frame.left - 2 || box.right > frame.right + 2 || box.top < frame.top - 2 || box.bottom > frame.bottom + 2)
        faults.push(`${name}: "${t.textContent}" is cut`);
      for (const other of labels.slice(i + 1)) if (meet(box, other.getBoundingClientRect())) faults.push(`${name}: "${t.textContent}" lies over "${other.textContent}"`);
      if (/…$/.test(t.textContent)) faults.push(`${name}: "${t.textContent}" is shortened`);
    });
  }
  for (const cell of document.querySelectorAll('td, th')) {
    if (!shown(cell)) continue;
    const box = cell.getBoundingClientRect(), next = cell.nextElementSibling;
    if (cell.scrollWidth > cell.clientWidth + 2) faults.push(`${cell.closest('.panel').id}: "${cell.textContent.trim()}" is wider than its cell`);
    if (next && meet(box, next.getBoundingClientRect())) faults.push(`${cell.closest('.panel').id}: cells overlap at "${cell.textContent.trim()}"`);
  }
  const panels = [...document.querySelectorAll('.panel')].map((p) => [p.id, p.getBoundingClientRect()]);
  panels.forEach(([name, box], i) => panels.slice(i + 1).forEach(([other, theirs]) => { if (meet(box, theirs)) faults.push(`${name} lies over ${other}`); }));
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`the page is ${wide} px too wide`);
  return faults;
}"""

# Tables that a finger has to push: by how much, and whether the names of their rows stay when they are pushed to the end.
PUSHED = """() => {
  for (const details of document.querySelectorAll('details.data')) details.open = true;
  const wider = [...document.querySelectorAll('.scroll')].filter((s) => s.scrollWidth > s.clientWidth + 1);
  return wider.map((scroll) => {
    scroll.scrollIntoView({ block: 'center', behavior: 'instant' });
    scroll.scrollLeft = scroll.scrollWidth;
    const frame = scroll.getBoundingClientRect(), names = [...scroll.querySelectorAll('tr > :first-child')].filter((c) => c.getClientRects().length);
    const seen = names.map((c) => c.getBoundingClientRect());
    const first = scroll.querySelector('tbody tr:not([hidden]) > :first-child'), box = first.getBoundingClientRect();
    return {
      panel: scroll.closest('.panel').id, by: scroll.scrollWidth / scroll.clientWidth,
      stay: seen.every((b) => Math.abs(b.left - frame.left) < 2), share: Math.max(...seen.map((b) => b.width)) / frame.width,
      above: box.top < innerHeight && first.contains(document.elementFromPoint(box.left + 3, box.top + 8)),
    };
  });
}"""

CUT_ON_PAPER = """() => [...document.querySelectorAll('table, .chart svg')]
  .filter((e) => e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.closest('.panel').id)"""


SPLIT_ON_PAPER = """() => {
  const found = new Set();
  for (const place of document.querySelectorAll('td, th, h3, .meta, .legend')) {
    if (!place.getClientRects().length) continue;
    const walk = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    for (let node; (node = walk.nextNode()); )
      for (const word of node.data.matchAll(/[\\p{L}\\p{N}]{2,}/gu)) {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const tops = [...range.getClientRects()].map((r) => r.top);
        if (Math.max(...tops) - Math.min(...tops) > 3) found.add(`${place.closest('.panel').id}: ${word[0]}`);
      }
  }
  return [...found];
}"""
WIDTHS = "() => [...document.querySelectorAll('.chart[data-drawn] svg')].map((svg) => svg.viewBox.baseVal.width)"
PARTED = """() => [...document.querySelectorAll('.panel:has(.chart)')].filter((p) => getComputedStyle(p).breakInside !== 'avoid').map((p) => p.id)"""
