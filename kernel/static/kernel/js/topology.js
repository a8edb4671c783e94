// A drawing by Cytoscape at fixed places: a ring must look like itself each day. Data, words included, comes from the JSON
// block named in data-src: {nodes: [{id, label, kind, x, y, url?}], edges: [{source, target, label, kind, url?}]}.
// Choosing something asks its url for #impact ("what if it went too?"); the same facts stand beside it as a table.
const style = getComputedStyle(document.documentElement);
const tok = (name) => style.getPropertyValue(name).trim();
const label = { 'font-family': tok('--n-font'), 'text-background-color': '#ffffff', 'text-background-opacity': 0.9, 'text-background-padding': 2 };
const looks = [
  { selector: 'node', style: { ...label, label: 'data(label)', 'font-size': 13, color: tok('--n-ink'), 'text-valign': 'bottom', 'text-margin-y': 5, width: 18, height: 18, 'background-color': '#ffffff', 'border-width': 2, 'border-color': '#8a96a3' } },
  { selector: '.core', style: { width: 34, height: 34, 'border-width': 3, 'border-color': tok('--n-ink'), 'font-size': 14, 'font-weight': 600 } },
  { selector: '.egress', style: { shape: 'round-rectangle', width: 24, height: 18, 'border-color': tok('--n-accent'), 'text-valign': 'top', 'text-margin-y': -5 } },
  { selector: 'node.risk', style: { 'background-color': tok('--v-warn-mark'), 'border-color': tok('--v-warn-fg'), shape: 'diamond', width: 22, height: 22 } },
  { selector: 'node.unknown', style: { 'border-style': 'dashed', 'border-color': tok('--v-unknown-mark') } },
  { selector: 'edge', style: { ...label, width: 1.5, 'line-color': '#b9c3ce', 'curve-style': 'straight', label: 'data(label)', 'font-size': 12, color: tok('--n-ink-2') } },
  { selector: '.ring', style: { width: 5, 'line-color': tok('--v-pass-mark') } },
  { selector: '.detour', style: { width: 7, 'line-color': tok('--n-accent') } },
  { selector: 'edge.risk', style: { 'line-color': tok('--v-warn-mark'), width: 2.5, 'line-style': 'dashed' } },
  { selector: 'edge.unknown', style: { 'line-color': tok('--v-unknown-mark'), 'line-style': 'dotted' } },
  { selector: '.down', style: { width: 4, 'line-color': tok('--v-finding-mark'), 'line-style': 'dashed', color: tok('--v-finding-fg'), 'font-weight': 600, label: (edge) => `✕ ${edge.data('label')}` } },
  { selector: ':selected', style: { 'underlay-color': tok('--v-finding-mark'), 'underlay-opacity': 0.18, 'underlay-padding': 9, 'overlay-opacity': 0 } },
];

function ask(url) {
  if (window.htmx && document.getElementById('impact')) window.htmx.ajax('GET', url, { target: '#impact', select: '#impact', swap: 'outerHTML' });
  else window.location.assign(url);
}

function drawing(box) {
  const net = JSON.parse(document.getElementById(box.dataset.src).textContent);
  const cy = window.cytoscape({
    container: box, layout: { name: 'preset', fit: true, padding: 26 }, minZoom: 0.3, maxZoom: 3, autoungrabify: true, style: looks,
    elements: [
      ...net.nodes.map((n) => ({ data: { id: n.id, label: n.label, url: n.url }, classes: n.kind, position: { x: n.x, y: n.y } })),
      ...net.edges.map((e, at) => ({ data: { id: `edge-${at}`, source: e.source, target: e.target, label: e.label || '', url: e.url }, classes: e.kind })),
    ],
  });
  cy.edges('.down').select();
  cy.on('tap', 'node, edge', (event) => { const { url } = event.target.data(); if (url) ask(url); });
  box.tabIndex = 0;
  box.addEventListener('keydown', (event) => {
    const pan = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    if (pan) { cy.panBy({ x: pan[0], y: pan[1] }); event.preventDefault(); }
    if (event.key === '+' || event.key === '=') cy.zoom(cy.zoom() * 1.2);
    if (event.key === '-') cy.zoom(cy.zoom() / 1.2);
    if (event.key === '0') cy.fit(undefined, 26);
  });
}
document.querySelectorAll('[data-topology]').forEach(drawing);
