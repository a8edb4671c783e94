// Charts: each [data-chart] reads its data, words included, from the JSON block named in data-src; colours come from
// tokens.css. Tooltips use renderMode "richText", so that a strict content security policy holds (no inline style).
//
// lines: {at: [label], unit, min?, max?, every?, series: [{name, values: [number|null], token?, is_dashed?, is_filled?}],
//         limits: [{value, label, token?, is_dashed?}], bands: [{from, to, label}]}
// map:   {rows: [{name, label, value, tip, shift?: [x, y]}], steps: [{gte, lt, label}], inset?: {title, names: [..]}};
//        data-geo is the address of the GeoJSON, whose features carry the rows' names; data-tone="dark" on the wall.
const root = getComputedStyle(document.documentElement);
const tok = (name, from = root) => from.getPropertyValue(name).trim();
const readData = (el) => JSON.parse(document.getElementById(el.dataset.src).textContent);
const isDark = (el) => el.dataset.tone === 'dark';
const font = (el) => ({ fontFamily: tok('--n-font'), color: isDark(el) ? '#9fb2c6' : tok('--n-ink-2'), fontSize: isDark(el) ? 14 : 12 });
const tip = (el) => ({
  renderMode: 'richText', confine: true, backgroundColor: '#ffffff', borderColor: tok('--n-line-2'),
  textStyle: { ...font(el), fontSize: 12, color: tok('--n-ink') },
});
const start = (el) => window.echarts.init(el, null, { renderer: 'svg' });

function lines(el) {
  const d = readData(el);
  const text = font(el);
  const rule = { lineStyle: { color: isDark(el) ? '#34485d' : tok('--n-line-2') } };
  const splitLine = { lineStyle: { color: isDark(el) ? '#20303f' : '#edf0f3' } };
  const limits = (d.limits || []).map((limit, at) => ({
    yAxis: limit.value,
    lineStyle: { color: tok(limit.token || '--s-contract'), type: limit.is_dashed ? 'dashed' : 'solid', width: 1.5 },
    label: { formatter: limit.label, position: at % 2 ? 'insideStartTop' : 'insideEndTop', color: tok(limit.token || '--s-contract'), fontSize: 12 },
  }));
  const bands = (d.bands || []).map((band) => [
    { xAxis: band.from, name: band.label, label: { position: 'insideTop', color: tok('--v-finding-fg'), fontSize: 12 } }, { xAxis: band.to },
  ]);
  const series = d.series.map((one, at) => {
    const color = tok(one.token || (at ? '--s-out' : '--s-in'));
    return {
      name: one.name, type: 'line', showSymbol: false, connectNulls: false, data: one.values, itemStyle: { color },
      lineStyle: { color, width: 1.5, type: one.is_dashed ? 'dashed' : 'solid' },
      ...(one.is_filled ? { areaStyle: { color, opacity: 0.12 } } : {}),
      ...(at === 0 ? {
        markLine: { symbol: 'none', silent: true, data: limits },
        markArea: { silent: true, itemStyle: { color: tok('--v-finding-mark'), opacity: 0.07 }, data: bands },
      } : {}),
    };
  });
  start(el).setOption({
    textStyle: text, series, tooltip: { ...tip(el), trigger: 'axis' },
    legend: { right: 8, top: 0, itemWidth: 14, itemHeight: 3, textStyle: text },
    grid: { left: 48, right: 16, top: 32, bottom: 26 },
    xAxis: { type: 'category', data: d.at, boundaryGap: false, axisLine: rule, axisTick: { show: false }, axisLabel: { ...text, interval: d.every ? d.every - 1 : 'auto' } },
    yAxis: { type: 'value', min: d.min, max: d.max, name: d.unit, nameTextStyle: { ...text, align: 'right' }, axisLabel: text, splitLine },
  });
}

async function map(el) {
  const d = readData(el);
  const answer = await fetch(el.dataset.geo);
  if (!answer.ok) throw new Error(`no map at ${el.dataset.geo}: ${answer.status}`);
  const geo = await answer.json();
  const own = getComputedStyle(el);
  const ink = tok('--m-ink', own);
  const size = isDark(el) ? 15 : 12;
  const inner = d.inset ? d.inset.names : [];
  const part = (name, rows, place, isNamed) => ({
    type: 'map', map: name, aspectScale: 0.82, selectedMode: false, ...place,
    label: { show: false, ...font(el), color: ink, fontSize: size, lineHeight: size + 4 },
    itemStyle: { borderColor: tok('--m-edge', own), borderWidth: 1.5 },
    emphasis: { label: { color: ink }, itemStyle: { areaColor: tok('--m-hover', own) } },
    data: rows.map((row) => ({ name: row.name, value: row.value, tip: row.tip, label: { show: isNamed(row), offset: row.shift || [0, 0], formatter: row.label || row.name } })),
  });
  window.echarts.registerMap('whole', geo);
  const series = [part('whole', d.rows, { layoutCenter: inner.length ? ['43%', '38%'] : ['50%', '50%'], layoutSize: '90%' }, (row) => !inner.includes(row.name))];
  if (inner.length) {
    window.echarts.registerMap('inner', { ...geo, features: geo.features.filter((f) => inner.includes(f.properties.name)) });
    series.push(part('inner', d.rows.filter((row) => inner.includes(row.name)), { layoutCenter: ['80%', '79%'], layoutSize: '42%' }, () => true));
  }
  start(el).setOption({
    textStyle: font(el), series,
    tooltip: { ...tip(el), formatter: (point) => (point.data && point.data.tip ? `${point.name}\n${point.data.tip}` : point.name) },
    graphic: d.inset ? [{ type: 'text', left: '62%', top: '52%', style: { text: d.inset.title, fill: font(el).color, font: `${size}px ${tok('--n-font')}` } }] : [],
    visualMap: {
      type: 'piecewise', left: 12, bottom: 8, itemWidth: 14, itemHeight: 10, itemGap: 4, textStyle: font(el),
      pieces: d.steps.map((step, at) => ({ gte: step.gte, lt: step.lt, label: step.label, color: tok(`--m-${at + 1}`, own) })),
    },
  });
}

const draw = { lines, map };
const charts = [...document.querySelectorAll('[data-chart]')];
charts.forEach((el) => draw[el.dataset.chart](el));
window.addEventListener('resize', () => charts.forEach((el) => { const chart = window.echarts.getInstanceByDom(el); if (chart) chart.resize(); }));
