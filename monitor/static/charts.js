// Draws equity, and price with RSI, signals and fills; numbers become floats here, to be drawn.

const lib = window.LightweightCharts;
const SECOND_NS = 1e9;
const LINES = ["--line-1", "--line-2", "--line-3", "--line-4"];

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const look = () => ({
  layout: {
    attributionLogo: false, // it brings a style of its own, which the policy forbids; see the foot
    background: { color: color("--panel") },
    textColor: color("--text-2"),
    panes: { separatorColor: color("--edge"), enableResize: false },
  },
  grid: { vertLines: { color: color("--grid") }, horzLines: { color: color("--grid") } },
  rightPriceScale: { borderColor: color("--edge") },
  timeScale: { borderColor: color("--edge"), timeVisible: true, secondsVisible: false },
});

function chartIn(element) {
  // The wheel and a finger that goes up or down move the page, not the chart.
  const still = {
    handleScroll: { mouseWheel: false, vertTouchDrag: false }, handleScale: { mouseWheel: false },
  };
  const chart = lib.createChart(element, { autoSize: true, ...still, ...look() });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    chart.applyOptions(look());
  });
  return chart;
}

/** Give each second once, the latest value of it, in order. */
function bySecond(points) {
  return [...new Map(points.map((point) => [point.time, point])).values()]
    .sort((a, b) => a.time - b.time);
}

export class EquityChart {
  constructor(element) {
    this.chart = chartIn(element);
    this.chart.timeScale().applyOptions({ secondsVisible: true });
    this.lines = new Map();
  }

  set(points) {
    const groups = Map.groupBy(points, (p) => `${p.venue} ${p.currency}`);
    for (const [account, its] of groups) {
      const data = its.map((p) => ({
        time: Math.floor(Date.parse(p.time) / 1000), value: Number(p.equity),
      }));
      this.line(account).setData(bySecond(data));
    }
    this.chart.timeScale().fitContent();
  }

  add(taken, accounts) {
    const time = Math.floor(taken / SECOND_NS);
    for (const { venue, currency, now } of accounts) {
      const line = this.line(`${venue} ${currency}`);
      const last = line.data().at(-1);
      if (!last || last.time <= time) line.update({ time, value: Number(now) });
    }
  }

  line(account) {
    if (!this.lines.has(account)) {
      const options = {
        color: color(LINES[this.lines.size % LINES.length]), lineWidth: 2, title: account,
      };
      this.lines.set(account, this.chart.addSeries(lib.LineSeries, options));
    }
    return this.lines.get(account);
  }
}

export class PriceChart {
  constructor(element) {
    this.chart = chartIn(element);
    const [good, bad] = [color("--good"), color("--bad")];
    this.bars = this.chart.addSeries(lib.CandlestickSeries, {
      upColor: good, wickUpColor: good, downColor: bad, wickDownColor: bad, borderVisible: false,
    });
    this.rsi = this.chart.addSeries(lib.LineSeries, {
      color: color("--line-2"), lineWidth: 2, title: "RSI", priceLineVisible: false,
      autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 100 } }),
    }, 1);
    this.chart.panes()[0].setStretchFactor(3);
    this.chart.panes()[1].setStretchFactor(1);
    this.marks = lib.createSeriesMarkers(this.bars, []);
    this.levels = [];
    this.strategy = null;
  }

  set(picture, levels) {
    const bars = picture.bars.map((bar) => ({ ...bar, time: Math.floor(bar.time / SECOND_NS) }));
    this.bars.setData(bars.map(({ time, open, high, low, close }) => ({
      time, open: Number(open), high: Number(high), low: Number(low), close: Number(close),
    })));
    this.rsi.setData(bars.map(({ time, indicator }) =>
      (indicator === null ? { time } : { time, value: indicator })));
    this.marks.setMarkers(picture.marks.filter((mark) => mark.time !== null).map(drawn));
    this.levels.forEach((line) => this.rsi.removePriceLine(line));
    this.levels = levels.map((price) => this.rsi.createPriceLine({
      price, color: color("--text-2"), lineWidth: 1, lineStyle: 2, axisLabelVisible: false,
    }));
    if (this.strategy !== picture.strategy) {
      this.strategy = picture.strategy;
      const last = bars.length - 1;
      this.chart.timeScale().setVisibleLogicalRange({ from: Math.max(0, last - 90), to: last + 3 });
    }
  }
}

function drawn({ time, kind, action }) {
  const isBuy = action === "buy";
  const isFill = kind === "fill";
  return {
    time: Math.floor(time / SECOND_NS),
    position: isBuy ? "belowBar" : "aboveBar",
    shape: isFill ? (isBuy ? "arrowUp" : "arrowDown") : "circle",
    color: color(isFill ? (isBuy ? "--good" : "--bad") : "--line-1"),
    text: isFill ? "" : action,
  };
}
