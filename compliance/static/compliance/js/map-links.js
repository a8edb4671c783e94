// A map's divisions open their lists: [data-chart="map"][data-links] finds each row's url in the chart's own JSON block.
function link(el, chart) {
  const { rows } = JSON.parse(document.getElementById(el.dataset.src).textContent);
  const urls = new Map(rows.map((row) => [row.name, row.url]));
  chart.on('click', (point) => { if (urls.get(point.name)) window.location.assign(urls.get(point.name)); });
}
// The chart appears once its outlines have come.
document.querySelectorAll('[data-chart="map"][data-links]').forEach((el) => {
  const found = () => window.echarts && window.echarts.getInstanceByDom(el);
  const watch = new MutationObserver(() => {
    if (!found()) return;
    watch.disconnect();
    link(el, found());
  });
  if (found()) link(el, found());
  else watch.observe(el, { childList: true, subtree: true });
});
